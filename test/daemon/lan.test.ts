import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { FtpTalk } from '../support/ftp-talk.ts';
import { ServeProcess } from '../support/serve-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleet98-lan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const machine = join(import.meta.dirname, '../../deploy-scripts/machine');
const here = { FLEET98_DOOR_HOST: '127.0.0.1', FLEET98_DOOR_FTP_PORT: '0', FLEET98_DOOR_HTTP_PORT: '0' };

test('serve --lan hands out the ready-made programs, and nothing of the API', async () => {
  const token = 'a-long-word-of-the-api';
  const serve = new ServeProcess(join(folder, 'one'), { ...here, FLEET98_HTTP_TOKEN: token }, ['--lan']);
  const { door } = (await serve.ready) ?? {};
  expect(door?.addresses).toEqual(['127.0.0.1']);
  const url = `http://127.0.0.1:${door?.httpPort}`;
  const listed: { files: { platform: string; file: string }[] } = JSON.parse(
    readFileSync(join(machine, 'MANIFEST.JSON'), 'utf8'),
  );
  await using talk = await FtpTalk.loggedIn(door?.ftpPort ?? 0, 'anonymous', '');
  for (const { platform, file } of listed.files) {
    const wanted = readFileSync(join(machine, platform, file));
    const path = `${platform.toUpperCase()}/${file}`;
    expect(Buffer.from(await (await fetch(`${url}/${path}`)).arrayBuffer()).equals(wanted), path).toBe(true);
    expect(await talk.get(`RETR ${path}`)).toBe(wanted.toString('latin1'));
  }
  expect(
    (await fetch(`${url}/api/v1/machines`, { headers: { authorization: `Bearer ${token}` } })).status,
  ).toBe(404);
  const pages = await Promise.all(['/', '/README.TXT'].map(async (path) => (await fetch(url + path)).text()));
  expect(pages.join('')).not.toContain(token);
  serve.signal('SIGTERM');
  expect(await serve.exit).toEqual({ code: 0, signal: null });
});

test('serve --lan says which port is taken, and ends', async () => {
  const first = new ServeProcess(join(folder, 'first'), here, ['--lan']);
  const port = (await first.ready)?.door?.ftpPort ?? 0;
  const second = new ServeProcess(join(folder, 'second'), { ...here, FLEET98_DOOR_FTP_PORT: String(port) }, [
    '--lan',
  ]);
  expect(await second.ready).toBeUndefined();
  expect((await second.exit).code).toBe(1);
  expect(second.stderr).toContain(
    `port ${port} of 127.0.0.1 cannot be used: something listens there already`,
  );
  first.signal('SIGTERM');
  await first.exit;
});

test('without --lan there is no door', async () => {
  const serve = new ServeProcess(join(folder, 'none'), here);
  expect(await serve.ready).toEqual({ listening: expect.stringMatching(/^http:/) });
  serve.signal('SIGTERM');
  await serve.exit;
});
