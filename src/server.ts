import type { AddressInfo } from 'node:net';
import closeWithGrace from 'close-with-grace';
import { pino } from 'pino';
import { loadConfig } from './config.ts';
import { createContext } from './context.ts';

export interface ServeOptions {
  readonly configFile?: string;
  /** For programs: one line `{"listening":"http://…"}` on standard output, the log on standard error. */
  readonly json?: boolean;
  /** Ends when standard input does, so that nothing is left when the parent is killed. */
  readonly withParent?: boolean;
}

const CLOSE_MS = 10_000;

/** Where a listener can be reached from this computer. */
function urlOf(listener: AddressInfo | string | null): string {
  if (listener === null || typeof listener === 'string') throw new Error('the daemon listens nowhere');
  const { address, family, port } = listener;
  const host = address === '0.0.0.0' || address === '::' ? 'localhost' : address;
  return `http://${family === 'IPv6' && host !== 'localhost' ? `[${host}]` : host}:${port}`;
}

/** Starts the daemon; settles when it listens. It ends with the process's signals. Throws CONFIG_INVALID and others. */
export async function serve(options: ServeOptions = {}): Promise<void> {
  const { configFile, json = false, withParent = false } = options;
  const config = loadConfig({ env: process.env, ...(configFile === undefined ? {} : { configFile }) });
  const logger = pino({ level: config.logLevel }, pino.destination({ dest: json ? 2 : 1, sync: true }));
  const context = await createContext(config, logger);
  const grace = closeWithGrace({ delay: CLOSE_MS, logger }, async ({ err, signal }) => {
    if (err) logger.error({ err }, 'stopping after an error');
    else logger.info({ signal }, 'stopping; what runs on the machines goes on');
    await context.close();
  });
  try {
    await context.app.listen({ host: config.http.host, port: config.http.port });
  } catch (error) {
    grace.uninstall();
    await context.close();
    throw error;
  }
  const url = urlOf(context.app.server.address());
  logger.info(`listening on ${url}`);
  if (json) process.stdout.write(`${JSON.stringify({ listening: url })}\n`);
  if (withParent) process.stdin.once('end', grace.close).once('error', grace.close).resume();
}
