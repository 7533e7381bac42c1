import type { Machine } from '../domain/machine.ts';
import { platforms } from '../platforms/index.ts';
import type { Platform } from '../platforms/platform.ts';

/** The platform of a machine as a person or its agent says; undefined while nobody has. */
export function knownPlatform({
  platform,
  agent,
}: Pick<Machine, 'platform' | 'agent'>): Platform | undefined {
  const id = platform ?? agent?.platform;
  return Object.values(platforms).find((one) => one.id === id);
}

/** Whether the machine has its FTP server or its agent, never both. */
export const goesDown = (machine: Pick<Machine, 'platform' | 'agent'>): boolean =>
  knownPlatform(machine)?.serverDuringRun === 'down';
