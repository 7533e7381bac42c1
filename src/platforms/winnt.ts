import type { Platform } from './platform.ts';

/** Windows NT 3.1 to XP, and what came after. */
export const winnt: Platform = {
  id: 'winnt',
  label: 'Windows NT/2000/XP',
  fileNames: 'long',
  // NTFS: 16 TiB less one cluster of 64 KiB. On a FAT32 disk 4 GiB less 2 bytes hold.
  maxFileBytes: 2 ** 44 - 2 ** 16,
  safeFileBytes: 2 ** 32 - 2,
  // CreateProcess takes 32,767 characters with the closing zero; some room for quoting.
  maxCommandChars: 32_000,
  // cmd.exe of NT 4 and 2000; XP takes 8,191.
  maxBatchCommandChars: 2_047,
  argumentPassing: 'quoted-line',
  refusedCharacters: '',
  // The interpreter takes these for itself, quoted or not, and a line end ends the line.
  refusedBatchCharacters: '"&^%<>|\r\n',
  serverDuringRun: 'up',
  liveLog: true,
  canKill: true,
  canLimit: true,
  // GetTickCount steps by 10 ms on NT with one processor, 15.6 ms with more.
  clockStepMs: 16,
  byteOrder: 'little',
  argEncoding: 'windows-1252',
  lineEnds: 'crlf',
  executableKinds: {
    // 16-bit programs need NTVDM, which 64-bit Windows has not; old machines have it.
    mz: { runs: 'any' },
    ne: { runs: ['windows', 'windows-386'], perhaps: ['os2', 'unknown'] },
    le: { runs: 'any' },
    pe: {
      runs: ['i386', 'i486', 'i586'],
      perhaps: ['x86-64', 'alpha', 'mips', 'powerpc', 'ia64', 'arm', 'arm64'],
    },
    // With a Java runtime installed.
    java: { runs: [], perhaps: ['unknown'] },
    batch: { runs: 'any' },
  },
  windows: { usual: [4, 0], newest: [10, 0] },
};
