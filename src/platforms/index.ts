import { DomainError } from '../domain/errors.ts';
import type { PlatformId } from '../domain/machine.ts';
import { linux } from './linux.ts';
import { msdos } from './msdos.ts';
import type { Platform } from './platform.ts';
import { unix } from './unix.ts';
import { win9x } from './win9x.ts';
import { winnt } from './winnt.ts';

/** All platforms; a new one is a file of facts and a line here. */
export const platforms: Readonly<Record<PlatformId, Platform>> = { win9x, winnt, msdos, linux, unix };

/** The platform of that id; INVALID_REQUEST for a word that is none. */
export function platformOf(id: string): Platform {
  const platform = Object.values(platforms).find((one) => one.id === id);
  if (platform !== undefined) return platform;
  const known = Object.keys(platforms).join(', ');
  throw new DomainError('INVALID_REQUEST', `There is no such platform; known are ${known}.`);
}
