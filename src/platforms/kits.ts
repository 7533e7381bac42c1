import type { PlatformId } from '../domain/machine.ts';

/** A folder of ready-made programs, and for which processors it is. */
interface Kit {
  readonly kit: string;
  /** Tried on the agent's `arch`; on what it says of the processor where it does not name one. */
  readonly arch: RegExp;
}

const any = /^/;
const x64: Kit = { kit: 'linux-x86_64', arch: /^(x86_64|amd64)$/i };
/** Programs of 32 bits run on most 64-bit kernels too. Agents of before `arch` give the processor's name. */
const x86: Kit = {
  kit: 'linux-i386',
  arch: /^(i[56]86|x86_64|amd64)$|intel|amd|pentium|celeron/i,
};
/** The instructions of ARMv5TE and later, floats in software; 64-bit kernels run them as well. */
const arm: Kit = { kit: 'linux-armel', arch: /^(armv[5-8]|aarch64)|ARMv[5-8]|ARM9|ARM11/ };

/** The best one first. */
const kits: Readonly<Record<PlatformId, readonly Kit[]>> = {
  win9x: [{ kit: 'win9x', arch: any }],
  winnt: [{ kit: 'win9x', arch: any }],
  msdos: [{ kit: 'msdos', arch: any }],
  linux: [x64, x86, arm],
  unix: [],
};

/** The folders of ready-made programs that fit a machine, the best one first. */
export const kitsFor = (platform: PlatformId, processor: string): readonly string[] =>
  kits[platform].filter(({ arch }) => arch.test(processor)).map(({ kit }) => kit);
