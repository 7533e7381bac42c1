import { join } from 'node:path';
import { DomainError } from '../domain/errors.ts';
import { loadProfile, profileNames } from './profile.ts';
import { startSimulatedPc, type AgentChoice, type SimulatedPc } from './simulated-pc.ts';

export interface SimulatorOptions {
  /** The folder that holds one disk folder per PC. */
  readonly disksFolder: string;
  /** Which PCs, one for each name; a name may repeat. Left out: `count` PCs, all profiles in turn. */
  readonly profiles?: readonly string[];
  readonly count?: number;
  readonly agent?: AgentChoice;
  readonly pollMs?: number;
  /** Instead of the profiles'; 0: no limit. */
  readonly rateBytesPerSecond?: number;
  /** Told each line of JSON as it is due: one per PC, then `{"ready":true}`. */
  readonly onLine: (line: string) => void;
}

export interface RunningSimulator {
  readonly pcs: readonly SimulatedPc[];
  /** Ends every agent, program and server. */
  stop(): Promise<void>;
}

const startedAtOnce = 16;

/** Starts simulated PCs in this process and says so line by line. CONFIG_INVALID for an unknown profile. */
export async function runSimulator(options: SimulatorOptions): Promise<RunningSimulator> {
  const names = chosenProfiles(options);
  const pcs: SimulatedPc[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(pcs.map((pc) => pc.stop()));
  };
  try {
    for (let from = 0; from < names.length; from += startedAtOnce) {
      const batch = names
        .slice(from, from + startedAtOnce)
        .map((_, index) => namedPc(options, names, from + index));
      const started = await Promise.allSettled(batch.map((pc) => startSimulatedPc({ ...options, ...pc })));
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
  options.onLine(JSON.stringify({ ready: true }));
  return { pcs, stop };
}

function chosenProfiles({ profiles, count = 1 }: SimulatorOptions): readonly string[] {
  if (profiles !== undefined && profiles.length > 0) return profiles;
  if (!Number.isSafeInteger(count) || count < 1 || count > 1000) {
    throw new DomainError('CONFIG_INVALID', 'count must be a whole number from 1 to 1000');
  }
  const all = profileNames();
  return Array.from({ length: count }, (_, index) => all[index % all.length] ?? '');
}

/** The second PC of a profile is called `<profile>-2`, and so on. */
function namedPc({ disksFolder }: SimulatorOptions, names: readonly string[], index: number) {
  const profileName = names[index] ?? '';
  const earlier = names.slice(0, index).filter((name) => name === profileName).length;
  const name = earlier === 0 ? profileName : `${profileName}-${earlier + 1}`;
  const profile = loadProfile(profileName);
  return { profile, name, diskFolder: join(disksFolder, name) };
}

function describePc(pc: SimulatedPc): string {
  const { name, host, port, user, password, spool, diskFolder, agentKind } = pc;
  return JSON.stringify({ name, host, port, user, password, spool, diskFolder, agent: agentKind });
}
