import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bundle } from '../../src/domain/bundle.ts';
import type { Machine } from '../../src/domain/machine.ts';
import type { Run, RunLimits } from '../../src/domain/run.ts';
import type { OperationsSettings } from '../../src/operations/settings.ts';
import { loadProfile } from '../../src/simulator/profile.ts';
import type { AgentChoice, SimulatedPc } from '../../src/simulator/simulated-pc.ts';
import { quickSettings, TestFleet } from './test-fleet.ts';

/** Prints at once, and goes on until a file GO.TXT is in its folder, if it was told to wait for that. */
const program = `
  const fs = require('node:fs');
  fs.appendFileSync('STARTS.TXT', 'x');
  process.stdout.write('on DOS');
  const timer = setInterval(() => {
    if (process.argv[2] === 'wait' && !fs.existsSync('GO.TXT')) return;
    clearInterval(timer);
    process.stdout.write(', over');
  }, 10);
`;

/** A simulated DOS PC with the program above placed on it. */
export interface DosFleet {
  readonly fleet: TestFleet;
  readonly pc: SimulatedPc;
  readonly bundle: Bundle;
  readonly spool: string;
  machine(): Promise<Machine>;
  /** A run of the program; with `wait` it goes on until `go`. */
  start(how?: 'wait', limits?: Partial<RunLimits>): Promise<Run>;
  go(): void;
  names(folder: 'IN' | 'RUN' | 'OUT' | 'STAGE'): string[];
  /** How often the program was started. */
  starts(): number;
}

export async function addDos(
  fleet: TestFleet,
  knobs: string[],
  agent: AgentChoice = 'ts',
): Promise<SimulatedPc> {
  return fleet.addPc('dos', agent, { ...loadProfile('dx2-dos'), rateBytesPerSecond: 0, knobs });
}

export async function addWaiter(fleet: TestFleet): Promise<Bundle> {
  const how = { name: 'how', type: 'text', maxLength: 4 } as const;
  const command = { program: 'node', args: ['HELLO.JS', how], keep: [] };
  return fleet.addBundle('hello', { 'HELLO.JS': new TextEncoder().encode(program) }, command);
}

export async function dosFleet(
  options: {
    readonly settings?: OperationsSettings;
    readonly knobs?: string[];
    readonly agent?: AgentChoice;
    /** Left to the test where somebody has to press a key for it. */
    readonly deploy?: boolean;
  } = {},
): Promise<DosFleet> {
  const fleet = await TestFleet.start(options.settings ?? quickSettings);
  const pc = await addDos(fleet, options.knobs ?? [], options.agent);
  const bundle = await addWaiter(fleet);
  if (options.deploy !== false) await fleet.deploy('hello', ['dos']);
  const spool = join(pc.diskFolder, 'FLEET98');
  const inBundle = (name: string): string => join(spool, bundle.folder, name);
  return {
    fleet,
    pc,
    bundle,
    spool,
    machine: async () => {
      const machine = await fleet.store.machines.findByName('dos');
      if (!machine) throw new Error('the machine is gone');
      return machine;
    },
    start: async (how, limits = {}) => {
      rmSync(inBundle('GO.TXT'), { force: true });
      const machines = { names: ['dos'] };
      const parameters = how === undefined ? {} : { how };
      const asked = { bundle: 'hello', machines, parameters, limits, deploy: false, requestedBy: 'test' };
      const [run] = await fleet.operations.run(asked);
      if (!run) throw new Error('no run was made');
      return run;
    },
    go: () => writeFileSync(inBundle('GO.TXT'), ''),
    names: (folder) => readdirSync(join(spool, folder)).toSorted(),
    starts: () => {
      const path = inBundle('STARTS.TXT');
      return existsSync(path) ? statSync(path).size : 0;
    },
  };
}
