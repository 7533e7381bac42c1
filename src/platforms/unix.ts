import type { Platform } from './platform.ts';

/** Every other Unix: the BSDs, Solaris, IRIX, AIX, HP-UX, Mac OS X, Minix … */
export const unix: Platform = {
  id: 'unix',
  label: 'Unix',
  fileNames: 'long',
  // UFS and its kin reach terabytes; systems of before the large file summit (1996) stay below 2 GiB.
  maxFileBytes: 2 ** 41,
  safeFileBytes: 2 ** 31 - 1,
  // ARG_MAX with the environment: 20,478 on the small ones (HP-UX 9), 4,096 is all that POSIX promises.
  maxCommandChars: 20_000,
  maxBatchCommandChars: 20_000,
  argumentPassing: 'separate',
  refusedCharacters: '',
  refusedBatchCharacters: '',
  serverDuringRun: 'up',
  liveLog: true,
  canKill: true,
  canLimit: true,
  // The usual timer tick, 100 Hz.
  clockStepMs: 10,
  byteOrder: 'either',
  argEncoding: 'bytes',
  lineEnds: 'lf',
  executableKinds: {
    elf: { runs: 'any' },
    // Each of these is the own format of some Unix; which one this machine is, the platform does not say.
    aout: { runs: 'any' },
    minix: { runs: 'any' },
    macho: { runs: 'any' },
    xcoff: { runs: 'any' },
    // With a Java runtime installed.
    java: { runs: [], perhaps: ['unknown'] },
    script: { runs: 'any' },
  },
};
