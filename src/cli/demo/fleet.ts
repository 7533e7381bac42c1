import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild, type Child } from './child.ts';

/** A simulated PC as `sim` announces it. */
export interface DemoPc {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly spool: string;
  /** How much of a story it tells. */
  readonly steps: number;
}

export interface DemoFleet {
  readonly url: string;
  readonly pcs: readonly DemoPc[];
  /** Names on the machine and where the files are here. */
  readonly files: readonly { readonly name: string; readonly path: string }[];
  readonly died: Promise<never>;
}

/** A story ends by itself within 256 steps; the 486 needs a minute for that, so it only begins one. */
const steps = new Map([
  ['pi-linux', 256],
  ['pentium2-win98', 256],
  ['dx4-win95', 48],
]);
// From src/cli/demo as well as from dist/cli/demo.
const fixture = (path: string): string =>
  fileURLToPath(new URL(`../../../fixtures/${path}`, import.meta.url));

/** The caller's environment without settings of a daemon of his own. */
function cleanEnv(env: NodeJS.ProcessEnv, settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('FLEET98_'));
  return { ...Object.fromEntries(kept), ...settings };
}

async function nextLine(child: Child): Promise<string> {
  const line = await Promise.race([child.lines.next(), child.died]);
  if (line.done === true) return await child.died;
  return line.value;
}

async function daemonUrl(child: Child): Promise<string> {
  const said: { listening: string } = JSON.parse(await nextLine(child));
  return said.listening;
}

async function simulatedPcs(child: Child): Promise<DemoPc[]> {
  const pcs: DemoPc[] = [];
  for (;;) {
    const said: Omit<DemoPc, 'steps'> | { ready: true } = JSON.parse(await nextLine(child));
    if ('ready' in said) return pcs;
    pcs.push({ ...said, steps: steps.get(said.name) ?? 0 });
  }
}

const files: DemoFleet['files'] = [
  { name: 'LLAMA2C.MJS', path: fixture('engine/llama2c.mjs') },
  { name: 'MODEL.BIN', path: fixture('checkpoints/FLEET98.BIN') },
  { name: 'TOK.BIN', path: fixture('checkpoints/FTOK512.BIN') },
];

/** Everything that must be gone at the end, whatever happens. */
export class Belongings {
  readonly #children: Child[] = [];
  readonly #folders: string[] = [];

  async folder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'fleet98-demo-'));
    this.#folders.push(folder);
    return folder;
  }

  start(options: Parameters<typeof startChild>[0]): Child {
    const child = startChild(options);
    this.#children.push(child);
    return child;
  }

  async clearAway(): Promise<void> {
    // In the order they were started: the daemon closes its sessions sooner while the machines still answer.
    for (const child of this.#children) await child.stop();
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** A daemon with a throw-away data folder and three simulated PCs, as processes of their own. */
export async function startFleet(
  belongings: Belongings,
  env: NodeJS.ProcessEnv,
  onLog: (text: string) => void,
): Promise<DemoFleet> {
  const folder = await belongings.folder();
  const daemon = belongings.start({
    name: 'the daemon',
    args: ['serve', '--json', '--with-parent'],
    env: cleanEnv(env, {
      FLEET98_HTTP_PORT: '0',
      FLEET98_DATA_DIR: join(folder, 'data'),
      FLEET98_RUN_POLL_MIN_MS: '100',
      FLEET98_RUN_POLL_MAX_MS: '1000',
      FLEET98_JOBS_POLL_MS: '100',
    }),
    onLog,
  });
  const chosen = [...steps.keys()].flatMap((profile) => ['--profile', profile]);
  const simulator = belongings.start({
    name: 'the simulator',
    args: ['sim', '--with-parent', '--poll-ms', '100', '--disks', join(folder, 'disks'), ...chosen],
    env: cleanEnv(env, {}),
    onLog,
  });
  const [url, pcs] = await Promise.all([daemonUrl(daemon), simulatedPcs(simulator)]);
  return { url, pcs, files, died: Promise.race([daemon.died, simulator.died]) };
}
