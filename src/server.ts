import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { cannotListen, listen } from './api/listening.ts';
import { loadConfig } from './config.ts';
import type { Config } from './config.ts';
import { createContext } from './context.ts';
import type { Context } from './context.ts';
import { asDomainError } from './domain/errors.ts';
import { openDoor } from './door/door.ts';
import type { Door } from './door/door.ts';
import type { DoorPlace } from './door/readme.ts';
import type { SetupFile } from './door/setup-files.ts';
import type { LoginAttempt, ServerEvent } from './ftp/server/parts.ts';
import { Restartable } from './lib/restartable.ts';
import type { Operations } from './operations/operations.ts';

export interface ServeOptions {
  readonly configFile?: string;
  /** For programs: one line `{"listening":"http://…"}` on standard output, the log on standard error. */
  readonly json?: boolean;
  /** Ends when standard input does, so that nothing is left when the parent is killed. */
  readonly withParent?: boolean;
  /** Opens the door: setup files for old machines, readable by everybody on this host's networks. */
  readonly lan?: boolean;
}

const CLOSE_MS = 10_000;
const MOST_NAMED = 10;

/** Starts the daemon; settles when it listens. It ends with the process's signals. Throws DomainError. */
export async function serve(options: ServeOptions = {}): Promise<void> {
  const { configFile, json = false, withParent = false, lan = false } = options;
  const config = loadConfig({ env: process.env, ...(configFile === undefined ? {} : { configFile }) });
  const logger = pino({ level: config.logLevel }, pino.destination({ dest: json ? 2 : 1, sync: true }));
  // Chosen by the system once, a port is kept: clients come back to it.
  let at = { url: '', port: config.http.port };
  const restart = (): void => {
    logger.info('starting anew');
    running.restart().catch((thrown: unknown) => {
      const { code, message, cause } = asDomainError(thrown);
      logger.fatal({ code, err: cause }, `the daemon could not start anew: ${message}`);
      process.exit(1);
    });
  };
  const running = await Restartable.open(async () => {
    const context = await createContext(config, logger, restart);
    try {
      at = await listen(context.app, { host: config.http.host, port: at.port });
      return context;
    } catch (error) {
      await context.close();
      throw error;
    }
  });
  const door = lan ? await openLanDoor(running, config, logger) : undefined;
  if (!lan) await warnOfVisitors(running.current, logger);
  const grace = closeWithGrace({ delay: CLOSE_MS, logger }, async ({ err, signal }) => {
    if (err) logger.error({ err }, 'stopping after an error');
    else logger.info({ signal }, 'stopping; what runs on the machines goes on');
    await Promise.all([door?.close(), running.close()]);
  });
  logger.info(`listening on ${at.url}`);
  if (json)
    process.stdout.write(`${JSON.stringify({ listening: at.url, ...(door && { door: door.place }) })}\n`);
  if (withParent) process.stdin.once('end', grace.close).once('error', grace.close).resume();
}

/** Machines that come by themselves find nobody without the door. */
async function warnOfVisitors({ store }: Context, logger: Logger): Promise<void> {
  const machines = (await store.machines.all()).filter(({ transport }) => transport === 'depot');
  if (machines.length === 0) return;
  const names = machines.slice(0, MOST_NAMED).map(({ name }) => name);
  logger.warn({ machines: names }, 'machines that come by themselves find nobody: that needs serve --lan');
}

/** Ends the daemon when the door cannot be opened: somebody asked for it. Throws DomainError. */
async function openLanDoor(running: Restartable<Context>, config: Config, logger: Logger): Promise<Door> {
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
