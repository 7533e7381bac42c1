import { Child } from './child.ts';
import { builtCli } from './daemon.ts';
import type { Daemon } from './daemon.ts';

/** A simulated machine, as the simulator tells of it. */
export interface Machine {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly diskFolder: string;
}

export interface Machines {
  readonly all: readonly Machine[];
  readonly pid: number;
  stop(): Promise<void>;
}

/** Simulated machines in one process of their own, with an unlimited wire unless `args` say otherwise. */
export async function startMachines(disks: string, args: readonly string[]): Promise<Machines> {
  const all: Machine[] = [];
  const simArgs = ['sim', '--disks', disks, '--agent', 'ts', '--rate', '0', '--with-parent', ...args];
  const child = await Child.start([builtCli, ...simArgs], {
    onLine: (line) => {
      if (isMachine(line)) all.push(line);
      return typeof line === 'object' && line !== null && 'ready' in line;
    },
  });
  return { all, pid: child.pid, stop: () => child.stop() };
}

const isMachine = (line: unknown): line is Machine =>
  typeof line === 'object' && line !== null && 'diskFolder' in line && 'port' in line;

const PROBED_AT_ONCE = 32;

/** Registers the machines with a daemon and probes them. */
export async function enlist(
  daemon: Daemon,
  machines: readonly (Omit<Machine, 'diskFolder'> & { readonly spool?: string })[],
): Promise<void> {
  const waiting = [...machines];
  const work = async (): Promise<void> => {
    for (let machine = waiting.pop(); machine !== undefined; machine = waiting.pop()) {
      const { name, host, port, user, password, spool } = machine;
      await daemon.ask('POST', '/machines', { name, host, port, user, password, ...(spool && { spool }) });
      await daemon.ask('POST', `/machines/${name}/probe`, {});
    }
  };
  await Promise.all(Array.from({ length: PROBED_AT_ONCE }, work));
}
