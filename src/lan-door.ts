import type { Logger } from 'pino';
import { cannotListen } from './api/listening.ts';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { openDoor } from './door/door.ts';
import type { Door } from './door/door.ts';
import type { DoorPlace } from './door/readme.ts';
import type { SetupFile } from './door/setup-files.ts';
import type { LoginAttempt, ServerEvent } from './ftp/server/parts.ts';
import type { Restartable } from './lib/restartable.ts';
import type { Operations } from './operations/operations.ts';

const MOST_NAMED = 10;

/** Machines that come by themselves find nobody without the door. */
export async function warnOfVisitors({ store }: Context, logger: Logger): Promise<void> {
  const machines = (await store.machines.all()).filter(({ transport }) => transport === 'depot');
  if (machines.length === 0) return;
  const names = machines.slice(0, MOST_NAMED).map(({ name }) => name);
  logger.warn({ machines: names }, 'machines that come by themselves find nobody: that needs serve --lan');
}

/** Ends the daemon when the door cannot be opened: somebody asked for it. Throws DomainError. */
export async function openLanDoor(
  running: Restartable<Context>,
  config: Config,
  logger: Logger,
): Promise<Door> {
  try {
    const files = await setupFiles(running.current.operations);
    const observe = (event: ServerEvent): void => logger.debug({ door: event }, 'the door');
    // While the daemon starts anew nobody is let in.
    const member = (attempt: LoginAttempt) => running.current.welcome(attempt).catch(() => undefined);
    const join = (address: string, info: Uint8Array) => running.current.join(address, info);
    const door = await openDoor({ ...config.door, ...config.depot, files, member, join, observe });
    tellDoor(door.place, logger);
    return door;
  } catch (error) {
    await running.close();
    if (!(error instanceof Error && 'port' in error)) throw error;
    throw cannotListen(error, { host: config.door.host, port: Number(error.port) });
  }
}

async function setupFiles(operations: Operations): Promise<readonly SetupFile[]> {
  const programs = await operations.readyPrograms();
  return Promise.all(
    programs.map(async ({ platform, file }) => ({
      folder: platform.toUpperCase(),
      name: file,
      bytes: await operations.readReadyProgram(platform, file),
    })),
  );
}

function tellDoor({ addresses, ftpPort, httpPort }: DoorPlace, logger: Logger): void {
  if (addresses.length === 0) logger.warn('the door is open, but this host has no address on a LAN');
  for (const address of addresses) {
    logger.info(
      `the door is open at http://${address}:${httpPort}/ and by FTP at ${address}, port ${ftpPort}`,
    );
  }
}
