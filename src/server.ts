import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { listen } from './api/listening.ts';
import { loadConfig } from './config.ts';
import { createContext } from './context.ts';
import { asDomainError } from './domain/errors.ts';
import { openLanDoor, warnOfVisitors } from './lan-door.ts';
import { Restartable } from './lib/restartable.ts';

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
