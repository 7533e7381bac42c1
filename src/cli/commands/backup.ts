import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Health } from '../../contract/health.ts';
import { ask, canAsk } from '../ask.ts';
import { leaf, type Cli, type CommonOptions } from '../cli.ts';
import type { Client } from '../client.ts';
import { UnreachableError, UsageError } from '../failures.ts';
import { size } from '../format.ts';
import { showTransfer } from '../transfer-progress.ts';
import { visibleLine } from '../visible.ts';

const READ_BYTES = 262_144;
const LOOK_AGAIN_MS = 200;
/** A database of years may be checked for so long when the daemon starts. */
const RESTART_MS = 120_000;

const exists = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined)) !== undefined;

const broken = (cause?: unknown): UnreachableError =>
  new UnreachableError('the backup broke off; nothing was kept of it\nLook at the daemon’s log.', { cause });

/** The file has its name only when it is whole. */
async function backup(cli: Cli, path: string, options: CommonOptions): Promise<void> {
  if (await exists(path)) throw new UsageError(`${visibleLine(path)} is there already; it is not replaced`);
  const { body } = await cli.client(options).open('backup', { body: {} });
  const part = `${path}.part`;
  try {
    if (!body) throw broken();
    await showTransfer(cli.io.stderr, { name: path }, Readable.fromWeb(body), (bytes) =>
      pipeline(bytes, createWriteStream(part, { mode: 0o600, flush: true })),
    );
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    // fetch tells a connection that breaks in the middle by a TypeError.
    throw error instanceof TypeError ? broken(error) : error;
  }
  const { size: sizeBytes } = await stat(path);
  cli.print(options, { file: path, sizeBytes }, () => `${visibleLine(path)}: ${size(sizeBytes)}\n`);
  cli.note('The key of the machines’ passwords is not in it: keep the file `key` of the data directory too.');
}

async function agreed(cli: Cli, client: Client): Promise<boolean> {
  if (!canAsk(cli.io)) throw new UsageError('a restore replaces everything: say --yes');
  const answer = await ask(cli.io, `Everything that ${client.url} holds is replaced. Go on? (yes/no) `);
  return /^y(es)?$/i.test(answer);
}

/** Until the daemon that starts anew answers. */
async function untilBack(client: Client, before: Health): Promise<void> {
  const deadline = performance.now() + RESTART_MS;
  for (;;) {
    await pause(LOOK_AGAIN_MS);
    try {
      const { startedAt } = await client.call('showHealth');
      if (startedAt !== before.startedAt) return;
    } catch (error) {
      if (!(error instanceof UnreachableError) || performance.now() > deadline) throw error;
    }
  }
}

async function restore(cli: Cli, path: string, options: CommonOptions & { yes?: true }): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new UsageError(`${visibleLine(path)} is not a file`);
  const client = cli.client(options);
  if (!options.yes && !(await agreed(cli, client))) {
    cli.note('Nothing was changed.');
    return cli.fail();
  }
  const transfer = { name: path, totalBytes: found.size };
  const source = createReadStream(path, { highWaterMark: READ_BYTES });
  const before = await client.call('showHealth');
  await showTransfer(cli.io.stderr, transfer, source, (bytes) =>
    client.call('restore', { file: { bytes, sizeBytes: found.size } }),
  );
  cli.note('The backup is whole; the daemon starts anew with it.');
  await untilBack(client, before);
  cli.print(
    options,
    { restored: path },
    () => 'Restored. Runs that were queued in the backup are canceled.\n',
  );
}

/** `backup` and `restore`. */
export function addBackupCommands(program: Command, cli: Cli): void {
  leaf(program, 'backup <file>', 'save all that the daemon knows, while it works').action(
    (path: string, options: CommonOptions) => backup(cli, path, options),
  );
  leaf(program, 'restore <file>', 'replace all that the daemon knows by a backup')
    .option('--yes', 'do not ask')
    .action((path: string, options: CommonOptions & { yes?: true }) => restore(cli, path, options));
}
