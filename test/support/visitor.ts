import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { visitScript } from '../../src/domain/visit-script.ts';
import { runClient } from './ftp-clients.ts';
import { waitFor } from './wait-for.ts';
import type { VisitorHome } from './visited-fleet.ts';

const machineFile = (path: string): string =>
  fileURLToPath(new URL(`../../deploy-scripts/machine/${path}`, import.meta.url));

/** How the folder of a machine comes to the daemon: a visit each time it is called. */
export type Visits = (home: VisitorHome) => Promise<string>;

/** Lays down what its agent needs to begin the visits itself; gives the lines of AGENT.INI. */
export type OwnVisits = (home: VisitorHome) => readonly string[];

const windowsScript = (place: VisitorHome['place']): string =>
  visitScript('windows', place, place)
    .map((line) => `${line}\n`)
    .join('');

/** The same, begun by agent98: tnftp in active mode takes GO.FTP, and of TIDY.BAT is done what it says. */
export const ownVisitsByScript: OwnVisits = ({ folder, place }) => {
  writeFileSync(join(folder, 'GO.FTP'), windowsScript(place));
  const lines = [
    'rm -f TIDY.BAT',
    'tnftp -A -n -i -v < GO.FTP > PULL.LOG 2>&1',
    '[ -f TIDY.BAT ] || exit',
    String.raw`sed -n 's/^CALL DROP \([A-Z0-9]*\) \([A-Z0-9]*\)\r$/OUT\/\1.\2/p' TIDY.BAT | xargs rm -f`,
  ];
  writeFileSync(join(folder, 'VISIT.SH'), lines.map((line) => `${line}\n`).join(''));
  return ['pull=sh VISIT.SH', 'pull_s=1'];
};

/** What PULL.BAT does on Windows: tnftp in active mode takes GO.FTP as ftp.exe does, TIDY.BAT is carried out by us. */
export const visitByScript: Visits = async ({ folder, place }) => {
  const tidy = join(folder, 'TIDY.BAT');
  rmSync(tidy, { force: true });
  const script = windowsScript(place);
  const { said } = await runClient('sh', ['-c', 'cd "$1" && exec tnftp -A -n -i -v', 'sh', folder], script);
  if (!existsSync(tidy)) return said;
  for (const [, name, extension] of readFileSync(tidy, 'latin1').matchAll(/^CALL DROP (\w+) (\w+)\r$/gm)) {
    rmSync(join(folder, 'OUT', `${name}.${extension}`), { force: true });
  }
  return said;
};

/** PULL.SH itself, with one of the clients that it knows. */
export const visitByShell =
  (tool: string, shell: readonly string[] = ['sh']): Visits =>
  async ({ folder, place }) => {
    copyFileSync(machineFile('unix/PULL.SH'), join(folder, 'PULL.SH'));
    const { host, port, user, password } = place;
    const settings = { host, port, user, password, tool, every: 1 };
    writeFileSync(
      join(folder, 'PULL.INI'),
      Object.entries(settings)
        .map(([key, value]) => `${key}=${value}\r\n`)
        .join(''),
    );
    const [program = 'sh', ...before] = shell;
    return (await runClient(program, [...before, join(folder, 'PULL.SH'), 'once'])).said;
  };

/** What does the jobs there. */
export type Worker = (folder: string) => ChildProcess;

export const byAgent: Worker = (folder) =>
  spawn(machineFile('linux-x86_64/AGENT.EXE'), [folder], { stdio: 'ignore' });

export const byShell =
  (shell: readonly string[] = ['sh']): Worker =>
  (folder) => {
    copyFileSync(machineFile('unix/SPOOL.SH'), join(folder, 'SPOOL.SH'));
    const [program = 'sh', ...before] = shell;
    return spawn(program, [...before, join(folder, 'SPOOL.SH')], { stdio: 'ignore' });
  };

/** A machine that comes by itself again and again, simulated by a folder of this host. */
export class Visitor implements AsyncDisposable {
  readonly home: VisitorHome;
  /** What the client printed in the last visit. */
  said = '';
  readonly #worker: ChildProcess;
  readonly #stop = new AbortController();
  readonly #coming: Promise<void>;

  constructor(
    home: VisitorHome,
    how: { visits?: Visits; ownVisits?: OwnVisits; worker: Worker; everyMs?: number },
  ) {
    this.home = home;
    const settings = ['simulated=1', ...(how.ownVisits?.(home) ?? [])];
    writeFileSync(join(home.folder, 'AGENT.INI'), settings.map((line) => `${line}\r\n`).join(''));
    this.#worker = how.worker(home.folder);
    this.#coming = how.visits ? this.#come(how.visits, how.everyMs ?? 100) : Promise.resolve();
  }

  async #come(visits: Visits, everyMs: number): Promise<void> {
    const { signal } = this.#stop;
    await waitFor('the agent', () => existsSync(join(this.home.folder, 'AGENT.NFO')));
    while (!signal.aborted) {
      this.said = await visits(this.home);
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#coming;
    this.#worker.kill();
    if (this.#worker.exitCode === null && this.#worker.signalCode === null) await once(this.#worker, 'exit');
  }
}
