import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { runClient } from './ftp-clients.ts';
import { ServeProcess } from './serve-process.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const here = {
  FLEET98_DOOR_HOST: '127.0.0.1',
  FLEET98_DOOR_FTP_PORT: '0',
  FLEET98_DOOR_HTTP_PORT: '0',
  FLEET98_DEPOT_EVERY_SECONDS: '2',
};

/** A daemon with its door open, and the desk beside it, where people type. */
export interface LanDesk {
  readonly ftpPort: number;
  readonly httpPort: number;
  /** What `fleet98` with these words says; fails when it does. */
  readonly desk: (...words: readonly string[]) => Promise<string>;
}

/** Starts `fleet98 serve --lan` on 127.0.0.1; it ends with the test. */
export async function serveLan(dataDir: string, env: Record<string, string> = {}): Promise<LanDesk> {
  const serve = new ServeProcess(dataDir, { ...here, ...env }, ['--lan']);
  const ready = await serve.ready;
  onTestFinished(async () => {
    serve.signal('SIGTERM');
    await serve.exit;
  });
  if (!ready?.door) throw new Error(serve.stderr);
  const { listening, door } = ready;
  const desk = async (...words: readonly string[]): Promise<string> => {
    const { code, said } = await runClient(process.execPath, [
      '--import',
      'tsx',
      main,
      ...words,
      '--url',
      listening,
    ]);
    if (code !== 0) throw new Error(said);
    return said;
  };
  return { ...door, desk };
}

/** The code that a machine shows. */
export const codeIn = (screen: string): string | undefined =>
  /the code of this machine is (\d{4})/.exec(screen)?.[1];
