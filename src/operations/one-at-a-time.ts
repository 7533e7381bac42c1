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

type Known = Pick<Machine, 'platform' | 'agent'>;

/** Whether the machine does nothing else while its agent works. */
export const worksAlone = (machine: Known): boolean => knownPlatform(machine)?.serverDuringRun === 'down';

/** Whether the machine has its FTP server or its agent, never both. One that comes by itself has no server. */
export const goesDown = (machine: Known & Pick<Machine, 'transport'>): boolean =>
  machine.transport === 'push' && worksAlone(machine);
