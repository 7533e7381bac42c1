import type { Platform } from './platform.ts';

/** MS-DOS and its kin: one program at a time. */
export const msdos: Platform = {
  id: 'msdos',
  label: 'MS-DOS',
  fileNames: '8.3',
  // FAT16 ends below 2 GiB, and beyond that a DOS program has to open files in a special way (INT 21h/6Ch).
  maxFileBytes: 2 ** 31 - 1,
  safeFileBytes: 2 ** 31 - 1,
  // The command tail has one byte for its length; COMMAND.COM takes 127 characters in all (KB Q121059).
  maxCommandChars: 127,
  maxBatchCommandChars: 127,
  argumentPassing: 'quoted-line',
  // The command tail ends at the first CR, and runtimes take LF for an end too.
  refusedCharacters: '\r\n',
  // The interpreter takes these for itself, quoted or not.
  refusedBatchCharacters: '"&^%<>|\r\n',
  serverDuringRun: 'down',
  liveLog: false,
  canKill: false,
  canLimit: false,
  // BIOS tick, 18.2 Hz.
  clockStepMs: 55,
  byteOrder: 'little',
  argEncoding: 'cp437',
  lineEnds: 'crlf',
  executableKinds: {
    mz: { runs: 'any' },
    // DOS extenders keep their 32-bit program in this form behind an MZ stub.
    le: { runs: 'any' },
    batch: { runs: 'any' },
  },
};
