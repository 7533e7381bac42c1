import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { ServeProcess } from '../support/serve-process.ts';
import { residentKb } from '../support/served-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const REQUESTS = 20_000;
const AT_ONCE = 40;
const STORM = 2000;
const MOST_GROWTH_KB = 80 * 1024;
const token = 'a-long-word-of-the-api';
const program = 'WIN9X/AGENT.EXE';

const anyText = fc.string({ unit: 'binary-ascii', maxLength: 60 });
const method = fc.constantFrom(
  'GET',
  'GET',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PRI',
);
const path = fc.oneof(
  fc.constantFrom(
    '/',
    '/README.TXT',
    `/${program}`,
    '/../fleet98.db',
    '/WIN9X/../../fleet98.db',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/WIN9X/..\\..\\secret.key',
    '/api/v1/machines',
    'http://127.0.0.1/api/v1/machines',
    '*',
    `/${'A'.repeat(9000)}`,
  ),
  fc.webPath().map((text) => `/${text}`),
  anyText,
);
const version = fc.constantFrom('', ' HTTP/0.9', ' HTTP/1.0', ' HTTP/1.1', ' HTTP/2.0', ' HTTP/9.9');
const header = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      'Host: 127.0.0.1',
      'Content-Length: 5000000000',
      'Content-Length: -1',
      'Transfer-Encoding: chunked',
      'Expect: 100-continue',
      'Upgrade: websocket',
      'Range: bytes=9-',
      `Authorization: Bearer ${token}`,
      `X: ${'x'.repeat(9000)}`,
    ),
  },
  { weight: 4, arbitrary: fc.webFragments().map((text) => `X-Y: ${text}`) },
  { weight: 1, arbitrary: anyText },
);
const end = fc.constantFrom('\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '');
const request = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .tuple(method, path, version, fc.array(header, { maxLength: 4 }), end, anyText)
      .map(
        ([verb, where, what, headers, eol, rest]) =>
          [`${verb} ${where}${what}`, ...headers, '', ''].join(eol) + rest,
      ),
  },
  { weight: 1, arbitrary: anyText },
);

/** One connection's nonsense, in two pieces, with an end of any kind. Resolves with what came back. */
async function rave(port: number, text: string, seed: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let said = '';
  socket.on('error', () => {});
  socket.setEncoding('latin1').on('data', (more: string) => (said += more));
  socket.once('end', () => socket.end());
  const cut = seed % (text.length + 1);
  socket.write(text.slice(0, cut), 'latin1');
  socket.write(text.slice(cut), 'latin1', () => {
    if (seed % 5 === 0) socket.resetAndDestroy();
    else socket.end();
  });
  // Not events.once, for which an error is the end.
  await new Promise((resolve) => socket.once('close', resolve));
  return said;
}

const handles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

test(
  `${REQUESTS} nonsensical requests to the door and a storm of connections: no crash, no leak, nothing else is told`,
  { timeout: 400_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fleet98-door-fuzz-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const here = { FLEET98_DOOR_HOST: '127.0.0.1', FLEET98_DOOR_FTP_PORT: '0', FLEET98_DOOR_HTTP_PORT: '0' };
    const serve = new ServeProcess(folder, { ...here, FLEET98_HTTP_TOKEN: token }, ['--lan']);
    const port = (await serve.ready)?.door?.httpPort ?? 0;
    const wanted = readFileSync(join(import.meta.dirname, '../../deploy-scripts/machine/win9x/AGENT.EXE'));
    const works = async (): Promise<boolean> => {
      const answer = await fetch(`http://127.0.0.1:${port}/${program}`);
      return Buffer.from(await answer.arrayBuffer()).equals(wanted);
    };

    const requests = fc.sample(request, { numRuns: REQUESTS, seed: 98 });
    const kinds = new Map<string, number>();
    let warmKb = 0;
    for (let from = 0; from < REQUESTS; from += AT_ONCE) {
      const some = requests.slice(from, from + AT_ONCE).map((text, index) => rave(port, text, from + index));
      for (const said of await Promise.all(some)) {
        const kind =
          /^(?:HTTP\/1\.1 100 Continue\r\n\r\n)?HTTP\/1\.1 (\d+)/.exec(said)?.[1] ??
          (said === '' ? 'nothing' : 'other');
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
        expect(said.includes(token) || said.includes('SQLite format') || said.includes('root:')).toBe(false);
      }
      if (from === REQUESTS / 4) warmKb = residentKb(serve.pid);
    }
    for (let from = 0; from < STORM; from += 100) {
      const sockets = Array.from({ length: 100 }, () =>
        connect({ port, host: '127.0.0.1' }).on('error', () => {}),
      );
      await Promise.all(sockets.map((socket) => once(socket, 'connect').catch(() => {})));
      for (const socket of sockets) socket.resetAndDestroy();
    }
    await waitFor('the door to answer again', () => works().catch(() => false));
    await waitFor('the handles to be given back', () => handles(serve.pid) < 60);
    const grownKb = residentKb(serve.pid) - warmKb;
    process.stdout.write(
      `${grownKb} KB more, ${handles(serve.pid)} handles, answers ${JSON.stringify(Object.fromEntries(kinds))}\n`,
    );
    expect(grownKb).toBeLessThan(MOST_GROWTH_KB);
    expect([...kinds.keys()].toSorted()).toEqual(['200', '400', '404', '405', '431', 'nothing']);
    serve.signal('SIGTERM');
    expect(await serve.exit).toEqual({ code: 0, signal: null });
  },
);
