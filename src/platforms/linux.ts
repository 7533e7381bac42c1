import type { Platform } from './platform.ts';

/** Linux of any age and processor. */
export const linux: Platform = {
  id: 'linux',
  label: 'Linux',
  fileNames: 'long',
  // ext2 with blocks of 4 KiB: 2 TiB. Before kernel 2.4, and for programs built without large file support: below 2 GiB.
  maxFileBytes: 2 ** 41,
  safeFileBytes: 2 ** 31 - 1,
  // Arguments and environment share 128 KiB up to kernel 2.6.22; room is left for the environment.
  maxCommandChars: 100_000,
  maxBatchCommandChars: 100_000,
  argumentPassing: 'separate',
  refusedCharacters: '',
  refusedBatchCharacters: '',
  serverDuringRun: 'up',
  liveLog: true,
  canKill: true,
  canLimit: true,
  // The timer tick of kernels up to 2.4 (100 Hz); gettimeofday is finer where the processor has a cycle counter.
  clockStepMs: 10,
  byteOrder: 'either',
  argEncoding: 'bytes',
  lineEnds: 'lf',
  executableKinds: {
    // The processor is not a fact of the platform, so any machine word passes here.
    elf: { runs: 'any' },
    // Linux up to 5.18 could be built to run these.
    aout: { runs: [], perhaps: ['i386', 'm68k', 'sparc', 'unknown'] },
    // With a Java runtime registered with the kernel.
    java: { runs: [], perhaps: ['unknown'] },
    script: { runs: 'any' },
  },
};
