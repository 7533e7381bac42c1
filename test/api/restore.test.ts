import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addMachine, eventually, listen, openTestApi, type TestApi } from './support.ts';

let api: TestApi;
let restarts: number;
beforeEach(async () => {
  restarts = 0;
  api = await openTestApi({ restart: () => (restarts += 1) });
  await addMachine(api, 'alpha');
});
afterEach(() => api.close());

const takeBackup = async (): Promise<Buffer> => {
  const answer = await api.app.inject({ method: 'POST', url: '/api/v1/backup', payload: {} });
  expect(answer.headers['content-type']).toBe('application/x-tar');
  return answer.rawPayload;
};
const restore = (url: string, tar: Buffer) =>
  fetch(`${url}/api/v1/restore`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(tar),
  });

test('a backup that cannot be read to its end breaks off, and the log says why', async () => {
  const bytes = Buffer.from('of a file that gets lost');
  const upload = await api.app.inject({
    method: 'PUT',
    url: '/api/v1/artifacts/a.bin',
    payload: bytes,
    headers: { 'content-type': 'application/octet-stream' },
  });
  const { sha256 } = upload.json<{ sha256: string }>();
  await rm(join(api.dataDir, 'artifacts', sha256.slice(0, 2)), { recursive: true });
  const { url } = await listen(api.app);
  const answer = await fetch(`${url}/api/v1/backup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  await expect(answer.arrayBuffer()).rejects.toThrow();
  await eventually(() => api.logged.some((line) => line.includes('a backup broke off')));
});

test.each(['backup', 'restore'])('nobody without a token that may operate takes a %s', async (what) => {
  const sha256 = createHash('sha256').update('wall-display-word').digest('hex');
  const tokens = [{ name: 'wall', role: 'view' as const, sha256 }];
  const closed = await openTestApi({ config: { tokens }, restart: () => (restarts += 1) });
  const ask = async (headers: Record<string, string>) =>
    (await closed.app.inject({ method: 'POST', url: `/api/v1/${what}`, headers })).statusCode;
  expect(await ask({})).toBe(401);
  expect(await ask({ authorization: 'Bearer wall-display-word' })).toBe(403);
  expect(restarts).toBe(0);
  await closed.close();
});

describe('a restore', () => {
  test('is answered, then the daemon starts anew, once; a second one is refused', async () => {
    const tar = await takeBackup();
    const { url } = await listen(api.app);
    const answer = await restore(url, tar);
    expect([answer.status, await answer.json()]).toEqual([202, { restarting: true }]);
    await eventually(() => restarts === 1);
    const second = await restore(url, tar);
    expect(await second.json()).toMatchObject({ status: 409, code: 'RESTORE_UNDER_WAY' });
    expect(restarts).toBe(1);
  });

  test('of nonsense starts nothing anew', async () => {
    const { url } = await listen(api.app);
    const answer = await restore(url, Buffer.from('no tar'));
    expect(await answer.json()).toMatchObject({ status: 400, code: 'BACKUP_DAMAGED' });
    expect(restarts).toBe(0);
  });

  test('is carried out though its sender hangs up before the answer', async () => {
    const tar = await takeBackup();
    let isStaged = false;
    let isGone = false;
    const waiting = await openTestApi({
      restart: () => (restarts += 1),
      replace: () => ({
        stageRestore: async (source) => {
          await api.operations.stageRestore(source);
          isStaged = true;
          await eventually(() => isGone);
        },
      }),
    });
    const { port } = await listen(waiting.app);
    const socket = connect(port, '127.0.0.1');
    socket.write(
      `POST /api/v1/restore HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/octet-stream\r\n` +
        `Content-Length: ${tar.length}\r\n\r\n`,
    );
    socket.write(tar);
    await eventually(() => isStaged);
    socket.destroy();
    await eventually(async () => {
      const open = await new Promise<number>((resolve) =>
        waiting.app.server.getConnections((_error, count) => resolve(count)),
      );
      return open === 0;
    });
    isGone = true;
    await eventually(() => restarts === 1);
    await waiting.close();
  });
});
