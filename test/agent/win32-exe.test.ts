import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allowedNames, checkExe, describeExe } from '../../deploy-scripts/check-exe.ts';
import { notTested } from '../contract/agent/build-agent.ts';
import { buildForWindows, mingwMissing, testFolder } from './windows.ts';

const allowed = allowedNames();
const problemsOf = (path: string): string => checkExe(path, allowed).problems.join('\n');

const missing = mingwMissing();
const project = join(import.meta.dirname, '../..');

if (missing === undefined) {
  const [agent, again] = [buildForWindows(32), buildForWindows(32)];

  describe('AGENT.EXE for Windows 95 to XP', () => {
    test('is fit for Windows 95 and 98 on a Pentium, and small', () => {
      const report = checkExe(agent, allowed);
      process.stdout.write(`${describeExe(report)}\n`);
      expect(report.problems).toEqual([]);
      expect(report.bytes).toBeLessThan(32 * 1024);
      expect(new Set(report.imports.map((name) => name.split('!')[0]))).toEqual(new Set(['KERNEL32.dll']));
    });

    test('comes out the same each time', () => {
      expect(readFileSync(again).equals(readFileSync(agent))).toBe(true);
    });
  });

  test('what lies ready for Windows 9x in the project is fit for it', () => {
    const folder = join(project, 'deploy-scripts/machine/win9x');
    const programs = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.EXE')) : [];
    const reports = programs.map((name) => checkExe(join(folder, name), allowed));
    for (const report of reports) process.stdout.write(`${describeExe(report)}\n`);
    expect(reports.filter(({ problems }) => problems.length > 0)).toEqual([]);
    expect(programs).toContain('AGENT.EXE');
  });

  describe('the check says no to', () => {
    const folder = testFolder();
    const source = join(folder, 'hello.c');
    const compile = (name: string, text: string, ...flags: readonly string[]): string => {
      writeFileSync(source, text);
      const target = join(folder, name);
      const { status, stderr } = spawnSync('i686-w64-mingw32-gcc', ['-o', target, source, ...flags], {
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(stderr);
      return target;
    };
    const bare = ['-nostdlib', '-nostartfiles', '-fno-ident', '-Wl,-e,_entry'];

    test('a program with a stock C runtime', () => {
      const found = problemsOf(compile('STOCK.EXE', 'int main(void) { return 0; }'));
      expect(found).toMatch(/msvcrt\.dll!\w+ is not exported/);
      expect(found).toMatch(/cmov\w* \(\d+ times\) is above i586/);
    });

    test('a function that only one of the two exports', () => {
      const text = '#include <windows.h>\nvoid entry(void) { ExitProcess(IsDebuggerPresent() != 0); }';
      expect(problemsOf(compile('DEBUG.EXE', text, ...bare, '-lkernel32'))).toMatch(
        /^KERNEL32\.dll!IsDebuggerPresent is not exported by both Windows 95 and 98$/,
      );
    });

    test.each([
      ['a conditional move', 'cmovne %ecx, %eax', 'cmovne'],
      ['MMX', 'paddb %mm1, %mm0', 'paddb'],
      ['SSE', 'addps %xmm1, %xmm0', 'addps'],
      ['a long no-operation', 'nopl 0(%eax)', 'nopl'],
    ])('%s', (_, instruction, name) => {
      const text = `void entry(void) { __asm__ volatile("${instruction.replaceAll('%', '%%')}" : : : "eax"); }`;
      expect(problemsOf(compile('LATER.EXE', text, ...bare))).toBe(`${name} (1 times) is above i586`);
    });

    test('a later subsystem', () => {
      const flags = [...bare, '-Wl,--subsystem,console:5.1'];
      expect(problemsOf(compile('XP.EXE', 'void entry(void) {}', ...flags))).toBe(
        'subsystem version 5.1 is not 4.0',
      );
    });

    test('64 KB of static data', () => {
      const text = 'char much[65536]; char *entry(void) { return much; }';
      expect(problemsOf(compile('MUCH.EXE', text, ...bare))).toMatch(/^6\d+ bytes of static data$/);
    });
  });
} else {
  notTested('AGENT.EXE for Windows 95 to XP', missing);
}
