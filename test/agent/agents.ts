import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { agentEnvironment } from '../contract/agent/agent-bench.ts';
import { buildAgent } from '../contract/agent/build-agent.ts';

/** Starts an agent on a spool with more in its environment. */
export type StartWith = (folder: string, environment?: Readonly<Record<string, string>>) => ChildProcess;

export interface AgentUnderTest {
  readonly name: string;
  readonly start: StartWith;
}

const project = join(import.meta.dirname, '../..');

const starter =
  (program: string, args: readonly string[]): StartWith =>
  (folder, environment = {}) =>
    spawn(program, [...args, folder], {
      cwd: project,
      env: { ...agentEnvironment, ...environment },
      stdio: ['ignore', 'ignore', 'inherit'],
    });

/** Both agents; the one in C is built for it. */
export const bothAgents = (): readonly [inC: AgentUnderTest, simulated: AgentUnderTest] => [
  { name: 'in C', start: starter(buildAgent(), []) },
  {
    name: 'of the simulator',
    start: starter(process.execPath, ['--import', 'tsx', 'src/simulator/agent/main.ts']),
  },
];

/** Compiles one C file beside the tests for as long as the test file lasts. Returns the path of what came of it. */
export function compile(source: string, ...flags: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'fleet98-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const target = join(folder, 'RESULT');
  const path = join(import.meta.dirname, source);
  const built = spawnSync('gcc', ['-O1', '-Wall', '-Wextra', '-Werror', ...flags, '-o', target, path], {
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(`${source} cannot be compiled:\n${built.stderr}`);
  return target;
}

/** What goes into an agent's environment for test/agent/shim.c. */
export function shimmed(shim: string, settings: Readonly<Record<string, string>>): Record<string, string> {
  return { LD_PRELOAD: shim, ...settings };
}
