import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allowedNames, checkExe, describeExe } from '../../deploy-scripts/check-exe.ts';
import { haveProgram, notTested } from '../contract/agent/build-agent.ts';
import { makeFtpd98 } from '../support/wine-ftpd.ts';

const compiler = 'i686-w64-mingw32-gcc';

if (haveProgram(compiler)) {
  describe('FTPD98.EXE', () => {
    test('is small, the same each time, and fit for Windows 95 on a Pentium', { timeout: 240_000 }, () => {
      const folder = mkdtempSync(join(tmpdir(), 'fleet98-ftpd98-'));
      try {
        const built = ['ONE', 'TWO'].map((name) => {
          mkdirSync(join(folder, name));
          makeFtpd98(join(folder, name));
          return join(folder, name, 'FTPD98.EXE');
        });
        const [first = '', second = ''] = built;
        const report = checkExe(first, allowedNames());
        expect(report.problems, describeExe(report)).toEqual([]);
        expect(report.bytes).toBeLessThan(24 * 1024);
        expect(new Set(report.imports.map((name) => name.split('!')[0]?.toUpperCase()))).toEqual(
          new Set(['KERNEL32.DLL', 'WSOCK32.DLL']),
        );
        expect(readFileSync(second).equals(readFileSync(first))).toBe(true);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });
} else {
  notTested('FTPD98.EXE', `${compiler} is not installed`);
}
