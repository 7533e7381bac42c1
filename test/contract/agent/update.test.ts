import { spawn, type StdioOptions } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { agentEnvironment, onBench } from './agent-bench.ts';
import { buildAgent, haveProgram, notTested } from './build-agent.ts';
import { updateContract } from './update-contract.ts';
import { agentPrograms, updateLine } from './update-programs.ts';

const project = join(import.meta.dirname, '../../..');
const quiet: { env: NodeJS.ProcessEnv; stdio: StdioOptions } = {
  env: agentEnvironment,
  stdio: ['ignore', 'ignore', 'pipe'],
};

describe('the agent in C, updated,', () => {
  if (!haveProgram('gcc') || !haveProgram('make')) {
    notTested('the update of the agent in C', 'there is no gcc or no make');
    return;
  }
  const agent = buildAgent();
  const programs = agentPrograms(agent);
  updateContract((folder) => {
    const program = join(folder, 'AGENT.EXE');
    chmodSync(program, 0o755);
    return spawn(program, [folder], quiet);
  }, programs);

  test('changes nothing when it was not started from its spool', () =>
    onBench(
      (folder) => spawn(agent, [folder], quiet),
      async (bench) => {
        const { spool } = bench;
        spool.write('AGENT.EXE', programs.old);
        spool.write('STAGE/NEW.EXE', programs.next);
        await bench.start();
        const end = await spool.end(spool.deliver('update', [updateLine(programs.next)]));
        expect([end.get('reason'), end.get('bad')]).toEqual(['cannot', 'AGENT.EXE']);
        expect(spool.read('AGENT.EXE')?.equals(programs.old)).toBe(true);
        expect(spool.names('STAGE')).toEqual(['NEW.EXE']);
      },
    ));
});

describe('the agent of the simulator, updated,', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fleet98-agent-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const stand = join(folder, 'AGENT.EXE');
  writeFileSync(stand, 'Stands for a program: agent98 0.2.0 build 0123abcd');
  updateContract(
    (spool) =>
      spawn(process.execPath, ['--import', 'tsx', 'src/simulator/agent/main.ts', spool], {
        ...quiet,
        cwd: project,
      }),
    agentPrograms(stand),
  );
});
