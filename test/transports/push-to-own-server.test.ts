import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HostFolderView } from '../../src/ftp/server/host-folder-view.ts';
import { FtpServer } from '../../src/ftp/server/server.ts';
import type { DownloadEnd } from '../../src/ftp/server/view.ts';
import { createPushTransport } from '../../src/transports/push.ts';
import { ftpTarget } from '../support/ftp-target.ts';

test.each([100_000, 0])('the server hears from us that all %i bytes of a download came', async (length) => {
  const folder = mkdtempSync(join(tmpdir(), 'fleet98-own-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'A.BIN'), Buffer.alloc(length));
  const ends: DownloadEnd[] = [];
  const view = await HostFolderView.open({ folder });
  const read = view.read.bind(view);
  view.read = async (...asked) => {
    const download = await read(...asked);
    return { ...download, close: (end) => (ends.push(end), download.close(end)) };
  };
  await using server = await FtpServer.listen({ host: '127.0.0.1', port: 0, login: () => view });
  const target = ftpTarget(server.port, { spool: '/' });
  await using link = await createPushTransport().open(target, AbortSignal.timeout(20_000));
  expect(await link.read('A.BIN', { maxBytes: length })).toHaveLength(length);
  expect(ends).toEqual(['confirmed']);
});
