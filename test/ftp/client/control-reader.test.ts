import { FTPContext } from 'basic-ftp';
import { describe, expect, it } from 'vitest';
import { installControlReader } from '../../../src/ftp/client/control-reader.ts';
import { eventually } from '../../support/ftp-target.ts';
import { closeControl, pieces, raw, say, startMockFtp } from '../../support/mock-ftp-server.ts';

const tuning = { tailFlushMs: 300, rescueMs: 400 };

describe('our line reader inside basic-ftp', () => {
  it('still finds the method that it replaces (guard for upgrades of basic-ftp)', () => {
    // A release that renames the method would read cut lines again without any error: this must fail loudly.
    expect(Object.getOwnPropertyNames(FTPContext.prototype)).toContain('_onControlSocketData');
  });

  it('refuses a context without that method', () => {
    const changed = new FTPContext();
    Object.defineProperty(changed, '_onControlSocketData', { value: undefined });
    const events = { onLine() {}, onJunk() {}, onOverflow() {} };
    expect(() => installControlReader(changed, events, tuning)).toThrow(/basic-ftp/);
    changed.close();
  });

  it('is asked for every piece of data, before basic-ftp sees it', async () => {
    await using server = await startMockFtp({ greeting: [pieces('22', '0 re', 'ady\r\n')] });
    const { seen, ftp } = watch();
    ftp.socket.connect(server.port, '127.0.0.1');
    const reply: unknown = await ftp.request('');
    expect(reply).toEqual({ code: 220, message: '220 ready' });
    expect(seen).toEqual(['line 220 ready']);
    ftp.close();
  });

  it('keeps a blank line and a line without code away from basic-ftp', async () => {
    await using server = await startMockFtp({ greeting: [raw('\r\nhello\r\n'), say('220 ready')] });
    const { seen, ftp } = watch();
    ftp.socket.connect(server.port, '127.0.0.1');
    expect(await ftp.request('')).toMatchObject({ code: 220 });
    expect(seen).toEqual(['line ', 'line hello', 'junk hello', 'line 220 ready']);
    ftp.close();
  });

  it('counts a line without CR LF as whole after a silence', async () => {
    await using server = await startMockFtp({ greeting: [raw('220 ready')] });
    const { ftp } = watch();
    ftp.socket.connect(server.port, '127.0.0.1');
    expect(await ftp.request('')).toMatchObject({ code: 220, message: '220 ready' });
    ftp.close();
  });

  it('reads the last words before the server closes', async () => {
    await using server = await startMockFtp({ greeting: [raw('421 Too many users'), closeControl] });
    const { ftp } = watch({ tailFlushMs: 60_000, rescueMs: 60_000 });
    ftp.socket.connect(server.port, '127.0.0.1');
    await expect(ftp.request('')).rejects.toMatchObject({ code: 421 });
    ftp.close();
  });

  it('ends a block that never closes after a silence', async () => {
    await using server = await startMockFtp({ greeting: [raw('220-welcome\r\n221 really\r\n')] });
    const { ftp } = watch();
    ftp.socket.connect(server.port, '127.0.0.1');
    expect(await ftp.request('')).toMatchObject({ code: 221, message: '221 really' });
    ftp.close();
  });

  it('forgets the old half line when the socket is another one', async () => {
    await using server = await startMockFtp({ greeting: [raw('220-half')] });
    await using other = await startMockFtp({ greeting: [say('220 other')] });
    const { seen, ftp } = watch({ tailFlushMs: 60_000, rescueMs: 60_000 });
    ftp.socket.connect(server.port, '127.0.0.1');
    await eventually('the half line came', () => ftp.socket.bytesRead === 8);
    ftp.reset();
    ftp.socket.connect(other.port, '127.0.0.1');
    expect(await ftp.request('')).toMatchObject({ code: 220, message: '220 other' });
    expect(seen).toEqual(['line 220 other']);
    ftp.close();
  });

  it.each([
    ['one endless line', 'x'.repeat(100_000)],
    ['endless junk lines', 'junk\r\n'.repeat(20_000)],
    ['an endless block', `220-a\r\n${'220-b\r\n'.repeat(20_000)}`],
    ['endless blank lines', '\r\n'.repeat(100_000)],
  ])('reports %s', async (_name, bytes) => {
    await using server = await startMockFtp({ greeting: [raw(bytes)] });
    const { seen, ftp } = watch();
    ftp.socket.connect(server.port, '127.0.0.1');
    await eventually('overflow', () => seen.includes('overflow'));
    ftp.close();
  });
});

function watch(waits = tuning): { seen: string[]; ftp: FTPContext } {
  const ftp = new FTPContext(0, 'latin1');
  const seen: string[] = [];
  installControlReader(
    ftp,
    {
      onLine: (line) => seen.push(`line ${line}`),
      onJunk: (line) => seen.push(`junk ${line}`),
      onOverflow: () => seen.push('overflow'),
    },
    waits,
  );
  return { seen, ftp };
}
