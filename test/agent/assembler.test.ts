import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { haveProgram, notTested } from '../contract/agent/build-agent.ts';

/** NASM's part of the builds with Open Watcom and Borland C++, as far as it works without them. */

const project = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'fleet98-nasm-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string, ...args: string[]): string {
  const { error, status, stdout, stderr } = spawnSync(program, args, { cwd: project, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** Assembles a file of src/agent. */
function assemble(format: string, name: string, ...options: string[]): string {
  const object = join(folder, `${name}.${format}`);
  const source = `src/agent/${name}.asm`;
  run('nasm', '-Wall', '-Werror', '-f', format, '-I', 'src/agent/', ...options, '-o', object, source);
  return object;
}

const missing = ['nasm', 'i686-linux-gnu-gcc', 'qemu-i386-static'].find((name) => !haveProgram(name));
if (missing !== undefined) {
  notTested('the assembler for Open Watcom and Borland C++', `there is no ${missing}`);
} else {
  test.each([
    ['dosint', []],
    ['doscpu', []],
    ['doswat', []],
    ['w32ask', []],
    ['w32ask', ['-D', 'START']],
  ])('%s %j makes an object for their linkers', (name, options) => {
    // The first record of such a file is its name's.
    expect(readFileSync(assemble('obj', name, ...options))[0]).toBe(0x80);
  });

  describe('w32ask.asm', () => {
    const program = join(folder, 'w32ask');
    run('i686-linux-gnu-gcc', '-static', '-o', program, 'test/agent/w32ask.c', assemble('elf32', 'w32ask'));

    test.each([
      ['athlon', '1 AuthenticAMD family 6 cycles count\n'],
      ['pentium2', '1 GenuineIntel family 6 cycles count\n'],
    ])('asks it: %s', (processor, wanted) => {
      expect(run('qemu-i386-static', '-cpu', processor, program)).toBe(wanted);
    });
  });
}
