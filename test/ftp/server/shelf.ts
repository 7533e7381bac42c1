import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { HostFolderView } from '../../../src/ftp/server/host-folder-view.ts';
import type { HostFolderOptions } from '../../../src/ftp/server/host-folder-view.ts';
import type { ServerEvent } from '../../../src/ftp/server/parts.ts';
import { FtpServer } from '../../../src/ftp/server/server.ts';
import type { FtpServerOptions } from '../../../src/ftp/server/server.ts';
import { FtpTalk } from '../../support/ftp-talk.ts';

export const user = 'box';
export const password = 'shelf98';

/** A server over a folder of the host, for one test. */
export interface Shelf {
  readonly server: FtpServer;
  readonly port: number;
  /** What clients see as `/`. */
  readonly disk: string;
  /** Around it: no client may reach what lies here. */
  readonly base: string;
  readonly events: readonly ServerEvent[];
  /** A client that is logged in; `from`: its own address. */
  readonly talk: (from?: string) => Promise<FtpTalk>;
}

export type ShelfOptions = Partial<FtpServerOptions> & { readonly view?: Partial<HostFolderOptions> };

/** Starts one on a free port of 127.0.0.1; it ends with the test. */
export async function startShelf({ view: viewOptions, ...options }: ShelfOptions = {}): Promise<Shelf> {
  const base = mkdtempSync(join(tmpdir(), 'fleet98-depot-'));
  const disk = join(base, 'disk');
  mkdirSync(disk);
  const view = await HostFolderView.open({ folder: disk, ...viewOptions });
  const events: ServerEvent[] = [];
  const server = await FtpServer.listen({
    host: '127.0.0.1',
    port: 0,
    login: (attempt) => (attempt.user === user && attempt.password === password ? view : undefined),
    observe: (event) => void events.push(event),
    ...options,
  });
  onTestFinished(async () => {
    await server.close();
    rmSync(base, { recursive: true, force: true });
  });
  const talk = async (from?: string): Promise<FtpTalk> => {
    const { talk: client } = await FtpTalk.open(server.port, from);
    onTestFinished(() => client[Symbol.asyncDispose]());
    await client.ask(`USER ${user}`);
    const answer = await client.ask(`PASS ${password}`);
    if (!answer.startsWith('230')) throw new Error(answer);
    return client;
  };
  return { server, port: server.port, disk, base, events, talk };
}
