import { spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { agentEnvironment, RunningAgent } from '../contract/agent/agent-bench.ts';
import { buildAgent, haveProgram, notTested } from '../contract/agent/build-agent.ts';
import { agentPrograms, updateLine, type AgentPrograms } from '../contract/agent/update-programs.ts';
import { SpoolFolder, until } from '../support/spool-folder.ts';
import { compile, shimmed } from './agents.ts';

const waitMs = 60_000;
const mostSteps = 200;
const id = '00000001';

/** The AGENT.EXE that lies in a spool, whichever that is: what would be started after a power cut. */
function startFromSpool(spool: SpoolFolder, environment: Readonly<Record<string, string>>): RunningAgent {
  const program = spool.path('AGENT.EXE');
  chmodSync(program, 0o755);
  const env = { ...agentEnvironment, ...environment };
  return new RunningAgent(spawn(program, [spool.root], { env, stdio: ['ignore', 'ignore', 'pipe'] }));
}

const isWhole = (spool: SpoolFolder, { old, next }: AgentPrograms): boolean => {
  const bytes = spool.read('AGENT.EXE');
  return bytes !== undefined && (bytes.equals(old) || bytes.equals(next));
};

/** Lets an agent die at a step of an update, and starts what then lies there. Whether it died. */
async function cut(shim: string, programs: AgentPrograms, step: number): Promise<boolean> {
  const spool = new SpoolFolder();
  const agents: RunningAgent[] = [];
  try {
    spool.write('AGENT.EXE', programs.old);
    spool.write('STAGE/NEW.EXE', programs.next);
    spool.deliver('update', [updateLine(programs.next)], id);
    const dying = startFromSpool(spool, shimmed(shim, { SHIM_DIE_AT: String(step), SHIM_SPOOL: spool.root }));
    agents.push(dying);
    let isOver = false;
    void dying.exited.then(() => (isOver = true));
    const isSettled = (): boolean => spool.has(`OUT/${id}.END`) && !spool.has(`RUN/${id}.RUN`);
    await until('the END, or the death', () => isOver || isSettled(), waitMs);
    const hasDied = isOver;
    expect(isWhole(spool, programs), `AGENT.EXE after step ${step}`).toBe(true);
    if (hasDied) agents.push(startFromSpool(spool, {}));
    expect((await spool.end(id, waitMs)).get('reason'), `after step ${step}`).toBe('done');
    await spool.info('of the new one', (info) => info.get('build') === programs.nextBuild);
    expect([spool.read('AGENT.EXE')?.equals(programs.next), spool.names('STAGE')]).toEqual([true, []]);
    return hasDied;
  } finally {
    await Promise.all(agents.map((agent) => agent.signal('SIGKILL')));
    spool.remove();
  }
}

if (process.platform === 'linux' && haveProgram('gcc') && haveProgram('make')) {
  describe('an update of the agent in C', () => {
    const programs = agentPrograms(buildAgent());
    const shim = compile('shim.c', '-shared', '-fPIC', '-ldl');

    test(
      'cut before any of its steps leaves the old program or the new one, and is brought to its end by either',
      async () => {
        let step = 1;
        while (step < mostSteps && (await cut(shim, programs, step))) step += 1;
        expect(step).toBeGreaterThan(15);
        expect(step).toBeLessThan(mostSteps);
      },
      5 * waitMs,
    );
  });
} else {
  notTested('an update of the agent that is cut at each of its steps', 'there is no Linux, gcc or make');
}
