import type { Platform } from './platform.ts';

/** Windows 95, 98 and Me. */
export const win9x: Platform = {
  id: 'win9x',
  label: 'Windows 95/98/Me',
  fileNames: 'long',
  // FAT32: 4 GiB less 2 bytes (Platform SDK, "FAT32 file system overview"); FAT16, all that Windows 95 had before
  // OSR2: below 2 GiB.
  maxFileBytes: 2 ** 32 - 2,
  safeFileBytes: 2 ** 31 - 1,
  // CreateProcess takes 32,767 characters with the closing zero; some room for quoting.
  maxCommandChars: 32_000,
  // COMMAND.COM (KB Q121059).
  maxBatchCommandChars: 127,
  argumentPassing: 'quoted-line',
  refusedCharacters: '',
  // The interpreter takes these for itself, quoted or not, and a line end ends the line.
  refusedBatchCharacters: '"&^%<>|\r\n',
  serverDuringRun: 'up',
  liveLog: true,
  canKill: true,
  canLimit: true,
  // GetTickCount steps by 55 ms on 95 and 98 (MSDN, 1998).
  clockStepMs: 55,
  byteOrder: 'little',
  argEncoding: 'windows-1252',
  lineEnds: 'crlf',
  executableKinds: {
    mz: { runs: 'any' },
    ne: { runs: ['windows', 'windows-386'], perhaps: ['unknown'] },
    le: { runs: 'any' },
    pe: { runs: ['i386', 'i486', 'i586'] },
    // With a Java runtime installed.
    java: { runs: [], perhaps: ['unknown'] },
    batch: { runs: 'any' },
  },
  windows: { usual: [4, 0], newest: [4, 90] },
};
