import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { wineKit, type AgentKit, type WindowsPrograms } from '../contract/agent/agent-kit.ts';
import { haveProgram } from '../contract/agent/build-agent.ts';
import { startInPrefix, wineMissing, winePath } from '../support/wine.ts';

const project = join(import.meta.dirname, '../..');
const compiler = 'x86_64-w64-mingw32-gcc';
const compiler32 = 'i686-w64-mingw32-gcc';

/** Why the agent for Windows cannot be built here, or undefined. */
export const mingwMissing = (): string | undefined => {
  const missing = ['make', 'objdump', compiler, compiler32].find((program) => !haveProgram(program));
  return missing === undefined ? undefined : `there is no ${missing}`;
};

/** Why it cannot be run here, or undefined. */
export const windowsMissing = (): string | undefined => mingwMissing() ?? wineMissing();

/** A folder that lasts as long as the test file. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fleet98-windows-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Builds AGENT.EXE: for 64 bits, as Wine needs it, or as it is for the old machines. Returns its path. */
export function buildForWindows(bits: 32 | 64): string {
  const out = testFolder();
  const settings = bits === 64 ? [`CC=${compiler}`, 'CPU=', 'ENTRY=entry', 'LAYOUT='] : [`CC=${compiler32}`];
  const build = '00c0ffee';
  run('make', ['--silent', '-f', 'src/agent/make/mingw.mak', `OUT=${out}`, `BUILD=${build}`, ...settings]);
  return join(out, 'AGENT.EXE');
}

/** Compiles a program for 64-bit Windows. Returns its bytes. */
export function compileForWindows(...sources: readonly string[]): Buffer {
  const target = join(testFolder(), 'RESULT.EXE');
  run(compiler, ['-O1', '-s', '-Wall', '-Wextra', '-Werror', '-o', target, ...sources]);
  return readFileSync(target);
}

export const windowsPrograms = (): WindowsPrograms => ({
  chatter: compileForWindows('fixtures/engine/chatter.c'),
  note: compileForWindows('test/agent/note.c'),
  hex: compileForWindows('test/agent/argv.c', 'test/agent/binary.c'),
});

/** An agent in Wine's Windows. */
export const agentInWine = (prefix: string, agent: string, programs: WindowsPrograms): AgentKit =>
  wineKit(
    (folder) => startInPrefix(prefix, agent, [winePath(folder)], { stdio: ['ignore', 'ignore', 'pipe'] }),
    (folder) => void startInPrefix(prefix, agent, ['/stop', winePath(folder)], { stdio: 'ignore' }),
    programs,
  );

/** The same, but started from the file that lies in the spool. */
export const spoolAgentInWine = (prefix: string, agent: string, programs: WindowsPrograms): AgentKit => ({
  ...agentInWine(prefix, agent, programs),
  start: (folder) =>
    startInPrefix(prefix, winePath(join(folder, 'AGENT.EXE')), [winePath(folder)], {
      // What takes its place would hold a pipe.
      stdio: 'ignore',
    }),
});

function run(program: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { cwd: project, encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`${[program, ...args].join(' ')} failed:\n${error?.message ?? stderr}`);
  }
}
