import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decodeAgentInfo } from '../../src/spool/agent-info.ts';
import { decodeEnd } from '../../src/spool/end-file.ts';
import { createRunLogDecoder } from '../../src/spool/run-log.ts';
import { notTested } from '../contract/agent/build-agent.ts';
import { floodBytes } from '../contract/agent/programs.ts';
import { crcOf, parseSpoolFile, SpoolEntries, testToken } from '../support/spool-folder.ts';
import type { Line, SpoolFolder } from '../support/spool-folder.ts';
import { buildForDos, compileForDos, dosMissing, DosPc } from './dosbox.ts';
import type { BuiltForDos } from './dosbox.ts';

const TICK_MS = 65_536 / 1193.182;

const reasonOf = (spool: SpoolFolder, id: string): string | undefined =>
  spool.entries(`OUT/${id}.END`).get('reason');

function msdosTests(): void {
  let agent: BuiltForDos;
  let program: Buffer;
  let pc: DosPc;
  let spool: SpoolFolder;
  beforeAll(() => {
    agent = buildForDos();
    program = compileForDos('test/agent/dosprog.c');
  });
  beforeEach(() => {
    pc = new DosPc(agent.bytes);
    spool = pc.spool;
  });
  afterEach(() => pc.remove());

  /** A run of the test's program, by its steps. */
  const ask = (steps: readonly string[], lines: readonly Line[] = [], files = {}): string => {
    const dir = spool.placed({ 'PROG.COM': program, ...files });
    return spool.deliver('run', [
      ['dir', dir],
      ['exe', 'PROG.COM'],
      ...steps.map((step): Line => ['arg', step]),
      ...lines,
    ]);
  };
  const endOf = (id: string): SpoolEntries => spool.entries(`OUT/${id}.END`);

  describe('the program', () => {
    test('is the same bytes each time, and its data fits one segment', () => {
      const again = buildForDos();
      expect(again.bytes.equals(agent.bytes)).toBe(true);
      expect(agent.bytes.toString('latin1', 0, 2)).toBe('MZ');
      const [, data = '', stack = ''] = /static data (\d+) bytes and (\d+) of stack/.exec(agent.said) ?? [];
      expect(Number(data) + Number(stack)).toBeLessThan(65_536);
      expect(agent.bytes.includes('agent98 ')).toBe(true);
      expect(agent.bytes.includes('00c0ffee')).toBe(true);
    });

    test('ends at once where nothing waits, and says where it is and what it is', async () => {
      const { code, screen } = await pc.turn();
      expect([code, screen]).toEqual([
        0,
        expect.stringMatching(/^agent98 \S+ build 00c0ffee works in C:\\FLEET98\n/),
      ]);
      expect(spool.names('.')).toEqual(
        ['AGENT.CNT', 'AGENT.EXE', 'AGENT.INI', 'AGENT.NFO', 'B', 'IN', 'OUT', 'RUN', 'STAGE'].toSorted(),
      );
      const info = decodeAgentInfo(spool.read('AGENT.NFO') ?? Buffer.alloc(0));
      expect(info).toMatchObject({
        state: 'ok',
        facts: {
          platform: 'msdos',
          name: 'TESTBOX',
          clock: 'bios-tick',
          stepUs: 54_925,
          boot: 1,
          path: 'C:\\FLEET98',
        },
      });
    });

    test('says its version, and what is wrong with a folder', async () => {
      const version = await pc.type('AGENT.EXE --version');
      expect(version).toMatchObject({
        code: 0,
        screen: expect.stringMatching(/^agent98 \S+ build 00c0ffee\n$/),
      });
      expect((await pc.type('AGENT.EXE C:\\NOWHERE')).code).toBe(1);
      spool.write('RUN', 'a file in the place of a folder');
      expect((await pc.turn()).code).toBe(1);
    });
  });

  test('places, runs, measures and removes in one turn, and ends with 0', async () => {
    const dir = 'B/ABCD0123';
    spool.write('STAGE/12345678.TMP', program);
    const files: Line = ['file', `STAGE/12345678.TMP,PROG.COM,${program.length},${crcOf(program)}`];
    const named: Line = ['file', `PROG.COM,${program.length},${crcOf(program)}`];
    const place = spool.deliver('place', [['dir', dir], files]);
    const run = spool.deliver('run', [
      ['dir', dir],
      ['exe', 'PROG.COM'],
      ['arg', 'say'],
      ['arg', 'hello'],
      ['arg', 'warn'],
      ['arg', 'oh'],
      ['arg', 'exit'],
      ['arg', '7'],
    ]);
    const verify = spool.deliver('verify', [['dir', dir], named]);
    const probe = spool.deliver('probe', []);
    const remove = spool.deliver('remove', [
      ['dir', dir],
      ['file', 'PROG.COM'],
    ]);
    const { code, screen } = await pc.turn();
    expect(code, screen).toBe(0);
    expect([place, verify, probe, remove].map((id) => reasonOf(spool, id))).toEqual(Array(4).fill('done'));
    const end = endOf(run);
    expect([end.get('reason'), end.get('exit'), end.get('capture')]).toEqual(['exited', '7', 'file']);
    expect([end.number('o_bytes'), end.number('e_bytes')]).toEqual([6, 3]);
    expect([spool.output(run, 'o').toString(), spool.output(run, 'e').toString()]).toEqual([
      'hello\n',
      'oh\n',
    ]);
    expect([end.number('log_bytes'), end.get('log_crc32')]).toEqual([
      spool.read(`OUT/${run}.LOG`)?.length,
      crcOf(spool.read(`OUT/${run}.LOG`) ?? Buffer.alloc(0)),
    ]);
    expect([spool.names('IN'), spool.names('RUN'), spool.names('STAGE'), spool.names('B')]).toEqual([
      [],
      [],
      [],
      [],
    ]);
    expect(screen).toContain(`job ${run}, leave the machine on`);
    expect(screen.trimEnd().endsWith('safe to switch off')).toBe(true);
  });

  test('what it writes is what the daemon reads', async () => {
    const id = ask(['say', 'token', 'ticks', '3', 'say', 'more']);
    await pc.turn();
    const end = decodeEnd(spool.read(`OUT/${id}.END`) ?? Buffer.alloc(0));
    expect(end).toMatchObject({
      state: 'ok',
      kind: 'run',
      end: { reason: 'exited', exitCode: 0 },
    });
    const log = createRunLogDecoder().push(spool.read(`OUT/${id}.LOG`) ?? Buffer.alloc(0));
    const header = { id, token: testToken, clock: 'bios-tick', stepUs: 54_925, boot: 1 };
    expect(log).toMatchObject({ header, chunks: [{ stream: 'out' }] });
    expect(log.damaged).toBeUndefined();
  });

  describe('a program', () => {
    test('prints more than any memory holds: all of it is in the LOG', async () => {
      const id = ask(['flood', '300']);
      await pc.turn();
      expect(endOf(id).number('o_bytes')).toBe(300 * 1024);
      expect(spool.output(id).equals(floodBytes(300 * 1024))).toBe(true);
      expect(endOf(id).get('log_crc32')).toBe(crcOf(spool.read(`OUT/${id}.LOG`) ?? Buffer.alloc(0)));
    });

    test('gets its arguments as they are, and a stdin of its bundle', async () => {
      const words = ['line', 'say', 'two words', 'say', 'a"b\\'];
      const id = ask(words);
      const reader = ask(['input'], [['stdin', 'IN.TXT']], { 'IN.TXT': 'from a file\r\n' });
      await pc.turn();
      const [line = ''] = spool.output(id).toString('latin1').split('\n');
      expect(Buffer.from(line, 'hex').toString()).toBe(' line say "two words" say "a\\"b\\\\"');
      expect(spool.output(reader).toString()).toBe('from a file\r\n');
    });

    test('does not get what one line of DOS cannot carry', async () => {
      const ids = [ask(['say', 'x'.repeat(130)]), ask(['say', 'two\r\nlines']), ask(['say', 'x'.repeat(90)])];
      await pc.turn();
      expect(ids.map((id) => [reasonOf(spool, id), endOf(id).get('why')])).toEqual([
        ['bad-job', 'arg'],
        ['bad-job', 'arg'],
        ['exited', undefined],
      ]);
    });

    test('leaves a file behind, and goes to another folder', async () => {
      const id = ask(['file', 'SIDE.TXT', 'beside', 'away'], [['keep', 'SIDE.TXT']]);
      const next = ask(['say', 'here']);
      await pc.turn();
      expect(spool.read(`OUT/${id}.K1`)?.toString()).toMatch(/^beside\r?\n$/);
      expect(endOf(id).all('keep')).toHaveLength(1);
      expect(spool.output(next).toString()).toBe('here\n');
    });

    test('has nearly all of 640 KB', async () => {
      const id = ask(['room']);
      await pc.turn();
      expect(Number(spool.output(id).toString())).toBeGreaterThan(400);
    });

    test('in which somebody presses Ctrl-C is the last one, and the exit code says so', async () => {
      const id = ask(['say', 'before', 'break']);
      const next = ask(['say', 'next']);
      expect((await pc.turn()).code).toBe(4);
      expect(spool.output(id).toString()).toBe('before\n');
      expect([spool.has(`OUT/${next}.END`), spool.has(`IN/${next}.JOB`)]).toEqual([false, true]);
    });

    test('is timed by the ticks of the BIOS, also over midnight', async () => {
      const short = ask(['ticks', '18']);
      const midnight = ask(['clock', '1573030', 'ticks', '20']);
      await pc.turn();
      for (const [id, ticks] of [
        [short, 18],
        [midnight, 20],
      ] as const) {
        const wall = endOf(id).number('wall_ms');
        expect(wall).toBeGreaterThanOrEqual((ticks - 1) * TICK_MS);
        expect(wall, 'and not a day').toBeLessThan(60_000);
        // Whole ticks, told in whole milliseconds.
        expect(Math.abs(wall / TICK_MS - Math.round(wall / TICK_MS))).toBeLessThan(0.02);
      }
    });

    test('that is none is told as such, as the system has it', async () => {
      const dir = spool.placed({ 'NOTE.EXE': program });
      const missing = spool.deliver('run', [
        ['dir', dir],
        ['exe', 'OTHER.EXE'],
      ]);
      const unplaced = spool.deliver('run', [
        ['dir', 'B/00000001'],
        ['exe', 'PROG.COM'],
      ]);
      await pc.turn();
      expect([reasonOf(spool, missing), endOf(missing).get('oserr')]).toEqual([
        'start-failed',
        '2 file not found',
      ]);
      expect(reasonOf(spool, unplaced)).toBe('not-placed');
      expect(spool.names('OUT').filter((name) => name.startsWith('CAPTURE'))).toEqual([]);
    });
  });

  test('cannot end what waits for its turn, and says so', async () => {
    // A kill comes first: its id is the smaller one.
    const kill = spool.deliver('kill', [
      ['target', 'B0000000'],
      ['target_token', testToken],
    ]);
    const dir = spool.placed({ 'PROG.COM': program });
    spool.deliver(
      'run',
      [
        ['dir', dir],
        ['exe', 'PROG.COM'],
        ['arg', 'say'],
        ['arg', 'x'],
      ],
      'B0000000',
    );
    const late = spool.deliver(
      'kill',
      [
        ['target', 'B0000000'],
        ['target_token', testToken],
      ],
      'B0000001',
    );
    const unknown = spool.deliver(
      'kill',
      [
        ['target', 'B0000009'],
        ['target_token', testToken],
      ],
      'B0000002',
    );
    await pc.turn();
    expect([kill, 'B0000000', late, unknown].map((id) => reasonOf(spool, id))).toEqual([
      'cannot',
      'exited',
      'already-ended',
      'not-known',
    ]);
  });

  test('leaves alone what is not a whole job, and refuses what makes no sense', async () => {
    spool.write('IN/A0000001.JOB', 'v=1\r\nkind=run\r\n');
    spool.write('IN/LONGNAME.TXT', 'no job');
    spool.write('IN/A0000002.JOB', 'v=1\r\nkind=run\r\nnot a line\r\neof=1\r\n');
    spool.write('IN/A0000003.JOB', Buffer.alloc(20_000, 'x'));
    const { code } = await pc.turn();
    expect(code).toBe(0);
    expect(spool.names('IN')).toEqual(['A0000001.JOB', 'LONGNAME.TXT']);
    expect(['A0000002', 'A0000003'].map((id) => [reasonOf(spool, id), endOf(id).get('why')])).toEqual([
      ['bad-job', 'text'],
      ['bad-job', 'too-long'],
    ]);
  });

  test('finds after a power cut what was claimed, and starts nothing twice', async () => {
    const id = spool.nextId();
    const dir = spool.placed({ 'PROG.COM': program });
    const job = spool.jobBytes(id, 'run', [
      ['dir', dir],
      ['exe', 'PROG.COM'],
      ['arg', 'file'],
      ['arg', 'TWICE.TXT'],
      ['arg', 'x'],
    ]);
    spool.write(`RUN/${id}.RUN`, job);
    spool.write(`IN/${id}.JOB`, job);
    spool.write(`OUT/${id}.TMP`, Buffer.alloc(2048, ' '));
    spool.write('OUT/CAPTURE.O', 'what it had printed');
    await pc.turn();
    expect(reasonOf(spool, id)).toBe('agent-restarted');
    expect([spool.names('IN'), spool.names('RUN'), spool.names('OUT')]).toEqual([[], [], [`${id}.END`]]);
    expect(spool.has(`${dir}/TWICE.TXT`)).toBe(false);
  });

  test('gives its place to another agent, and tells it by its exit code', async () => {
    const fresh = buildForDos('0badcafe').bytes;
    spool.write('STAGE/NEW.TMP', fresh);
    const id = spool.deliver('update', [['file', `STAGE/NEW.TMP,AGENT.EXE,${fresh.length},${crcOf(fresh)}`]]);
    expect((await pc.turn()).code).toBe(5);
    const next = await pc.turn();
    expect(next).toMatchObject({ code: 0, screen: expect.stringContaining('build 0badcafe works in') });
    expect(reasonOf(spool, id)).toBe('done');
    expect(readFileSync(spool.path('AGENT.OLD')).equals(agent.bytes)).toBe(true);
    const whole = parseSpoolFile(spool.read('AGENT.NFO') ?? Buffer.alloc(0));
    expect(whole.state === 'whole' && whole.entries.get('build')).toEqual(['0badcafe']);
  });

  describe('SERVE.BAT', () => {
    const serve = readFileSync(join(import.meta.dirname, '../../deploy-scripts/machine/msdos/SERVE.BAT'));

    test('lets agent and server take turns (a program in the place of FTPSRV brings the jobs)', async () => {
      spool.write('SERVE.BAT', serve);
      spool.write('FTPSRV.EXE', compileForDos('test/agent/dosserve.c'));
      const dir = spool.placed({ 'PROG.COM': program });
      const job = (id: string, word: string): Buffer =>
        spool.jobBytes(id, 'run', [
          ['dir', dir],
          ['exe', 'PROG.COM'],
          ['arg', 'say'],
          ['arg', word],
        ]);
      spool.write('IN/A0000000.JOB', job('A0000000', 'before'));
      spool.write('N1.TMP', job('A0000001', 'first'));
      spool.write('N2.TMP', job('A0000002', 'second'));
      await pc.type('CALL SERVE.BAT');
      const outputs = ['A0000000', 'A0000001', 'A0000002'].map((id) => spool.output(id).toString());
      expect(outputs).toEqual(['before\n', 'first\n', 'second\n']);
      expect(spool.entries('AGENT.NFO').get('boot')).toBe('3');
    });

    test('takes the old agent where the power failed while another took its name', async () => {
      spool.write('SERVE.BAT', serve);
      spool.write('FTPSRV.EXE', compileForDos('test/agent/dosserve.c'));
      renameSync(spool.path('AGENT.EXE'), spool.path('AGENT.OLD'));
      await pc.type('CALL SERVE.BAT');
      expect(spool.entries('AGENT.NFO').get('boot')).toBe('1');
    });

    test('starts nothing where there is no server that could be ended again', async () => {
      spool.write('SERVE.BAT', serve);
      await pc.type('CALL SERVE.BAT');
      expect(spool.has('AGENT.NFO')).toBe(false);
    });
  });
}

const missing = dosMissing();
if (missing === undefined) describe('the agent for DOS, in DOSBox', msdosTests);
else notTested('the agent for DOS', missing);
