import { join } from 'node:path';
import { DomainError } from '../domain/errors.ts';
import type { PlatformId } from '../domain/machine.ts';
import { platformOf } from '../platforms/index.ts';
import type { AgentChoice } from './agent-kinds.ts';
import { openFilesWarning } from './open-files.ts';
import { loadProfile, profileNames, type PcProfile } from './profile.ts';
import { startSimulatedPc, type SimulatedPc } from './simulated-pc.ts';

export interface SimulatorOptions {
  /** The folder that holds one disk folder per PC. */
  readonly disksFolder: string;
  /**
   * Which PCs, one for each name; a name may repeat. Left out: `count` PCs, all profiles in turn, but not those whose
   * server is away while they work.
   */
  readonly profiles?: readonly string[];
  /** All profiles of that platform in turn; for `linux` with the ready-made agent, where no other is named. */
  readonly platform?: PlatformId;
  /** How many PCs: of all profiles in turn, or of `profiles` in turn. */
  readonly count?: number;
  readonly agent?: AgentChoice;
  readonly pollMs?: number;
  /** Instead of the profiles'; 0: no limit. */
  readonly rateBytesPerSecond?: number;
  /** As the command line has them, `KNOB=VALUE`, for every PC. */
  readonly knobs?: readonly string[];
  /** The first PC's port, then one after another; left out: free ports. */
  readonly basePort?: number;
  /** Told a line of JSON for each PC that has started. */
  readonly onLine: (line: string) => void;
  /** Told what may go wrong later, in words. */
  readonly onWarning?: (text: string) => void;
}

export interface RunningSimulator {
  readonly pcs: readonly SimulatedPc[];
  /** Ends every agent, program and server. */
  stop(): Promise<void>;
}

interface PlannedPc {
  readonly profile: PcProfile;
  readonly name: string;
  readonly diskFolder: string;
  readonly ftpPort: number;
}

const startedAtOnce = 16;
const maxPcs = 1000;
const maxBuiltAgents = 32;

/** Starts simulated PCs in this process and says so line by line. CONFIG_INVALID for what cannot be started. */
export async function runSimulator(options: SimulatorOptions): Promise<RunningSimulator> {
  const planned = plan(options);
  const warning = openFilesWarning(planned.length);
  if (warning !== undefined) options.onWarning?.(warning);
  const common = { ...options, agent: agentFor(planned.length, options) };
  const pcs: SimulatedPc[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(pcs.map((pc) => pc.stop()));
  };
  try {
    for (let from = 0; from < planned.length; from += startedAtOnce) {
      const batch = planned.slice(from, from + startedAtOnce);
      const started = await Promise.allSettled(batch.map((pc) => startSimulatedPc({ ...common, ...pc })));
      for (const result of started) if (result.status === 'fulfilled') pcs.push(result.value);
      for (const result of started) {
        if (result.status === 'rejected') throw result.reason;
        options.onLine(describePc(result.value));
      }
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { pcs, stop };
}

/** A process for each agent is fine for a shelf of PCs, and too much for hundreds. */
function agentFor(count: number, { agent: choice = 'auto', platform }: SimulatorOptions): AgentChoice {
  // Needs no compiler here, and its programs are those that such a machine would run.
  if (choice === 'auto' && platform === 'linux') return 'shipped';
  return choice === 'auto' && count > maxBuiltAgents ? 'ts' : choice;
}

/** The second PC of a profile is called `<profile>-2`, and so on. */
function plan(options: SimulatorOptions): readonly PlannedPc[] {
  const { disksFolder, basePort } = options;
  const profiles = new Map(profileNames().map((name) => [name, loadProfile(name)]));
  const counts = new Map<string, number>();
  return chosenProfiles(options).map((profileName, index) => {
    const number = (counts.get(profileName) ?? 0) + 1;
    counts.set(profileName, number);
    const name = number === 1 ? profileName : `${profileName}-${number}`;
    const ftpPort = basePort === undefined ? 0 : basePort + index;
    if (ftpPort > 65_535)
      throw new DomainError('CONFIG_INVALID', 'the base port leaves too few ports above it');
    const profile = profiles.get(profileName) ?? loadProfile(profileName);
    return { profile, name, diskFolder: join(disksFolder, name), ftpPort };
  });
}

function chosenProfiles({ profiles = [], count, platform }: SimulatorOptions): readonly string[] {
  if (profiles.length > 0 && platform !== undefined) {
    throw new DomainError('CONFIG_INVALID', 'say which profiles, or which platform, not both');
  }
  const total = count ?? Math.max(1, profiles.length);
  if (!Number.isSafeInteger(total) || total < 1 || total > maxPcs) {
    throw new DomainError('CONFIG_INVALID', `count must be a whole number from 1 to ${maxPcs}`);
  }
  const inTurn = profiles.length > 0 ? profiles : profilesOf(platform);
  return Array.from({ length: total }, (_, index) => inTurn[index % inTurn.length] ?? '');
}

const goesDown = (name: string): boolean => platformOf(loadProfile(name).platform).serverDuringRun === 'down';

function profilesOf(platform: PlatformId | undefined): readonly string[] {
  const names = profileNames();
  // One that is away while it works is no PC for any purpose: it has to be asked for.
  if (platform === undefined) return names.filter((name) => !goesDown(name));
  const found = names.filter((name) => loadProfile(name).platform === platform);
  if (found.length > 0) return found;
  throw new DomainError('CONFIG_INVALID', `there is no profile of the platform ${platform}`);
}

function describePc(pc: SimulatedPc): string {
  const { name, profile, host, port, user, password, spool, diskFolder, agentKind } = pc;
  return JSON.stringify({ name, profile, host, port, user, password, spool, diskFolder, agent: agentKind });
}
