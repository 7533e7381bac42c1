import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadProfile } from '../../src/simulator/profile.ts';
import { startSimulatedPc, type AgentKind } from '../../src/simulator/simulated-pc.ts';
import { haveBuiltAgent } from '../support/built-agent.ts';
import { endOf, eventually, putBundle, putJob, temporaryFolder, wholeText } from './support.ts';

const agents: readonly AgentKind[] = haveBuiltAgent() ? ['ts', 'c'] : ['ts'];

async function startPc(agent: AgentKind, ...knobs: readonly string[]) {
  const diskFolder = temporaryFolder();
  const profile = { ...loadProfile('pentium2-win98'), knobs: ['ram=4096'] };
  const pc = await startSimulatedPc({ profile, diskFolder, agent, pollMs: 20, knobs });
  onTestFinished(() => pc.stop());
  return { pc, spool: join(diskFolder, 'FLEET98') };
}

const told = (spool: string, key: string): string | undefined =>
  wholeText(join(spool, 'AGENT.NFO'))
    ?.find((line) => line.startsWith(`${key}=`))
    ?.slice(key.length + 1);

test.each(agents)('the %s agent tells the RAM and the free disk that the knobs give it', async (agent) => {
  const { pc, spool } = await startPc(agent, 'disk=20000');
  expect(told(spool, 'ram_kb')).toBe('4096');
  const before = Number(told(spool, 'disk_free_kb'));
  expect(before).toBeGreaterThan(19_000);
  expect(before).toBeLessThan(20_000);
  writeFileSync(join(spool, 'STAGE', 'A.BIN'), Buffer.alloc(4_097));
  putJob(spool, '00000001', 'probe', []);
  await endOf(spool, '00000001');
  // The END takes a cluster as well.
  await eventually(() => Number(told(spool, 'disk_free_kb')) <= before - 8, 'less room');
  pc.turn({ ramKb: 8192, diskKb: 10 });
  await pc.stopAgent();
  await pc.startAgent();
  expect(told(spool, 'ram_kb')).toBe('8192');
  expect(told(spool, 'disk_free_kb')).toBe('0');
});

test.each(agents)(
  'programs of the %s agent go at the speed that the knobs say at its start',
  async (agent) => {
    const { pc, spool } = await startPc(agent, 'tokens=2.5');
    putBundle(spool, '0123ABCD', { 'PACE.SH': '#!/bin/sh\necho "$PACE_TOKENS_PER_SECOND."\n' });
    const run = async (id: string): Promise<string> => {
      putJob(spool, id, 'run', ['dir=B/0123ABCD', 'exe=PACE.SH']);
      await endOf(spool, id);
      return readFileSync(join(spool, 'OUT', `${id}.LOG`), 'latin1');
    };
    expect(await run('00000001')).toContain('2.5.\n');
    pc.turn({ tokensPerSecond: 0 });
    await pc.stopAgent();
    await pc.startAgent();
    expect(await run('00000002')).toContain(' 2\n.\n');
  },
);

test.each(agents)('the %s agent crashes once a LOG is long enough, and only once', async (agent) => {
  const { pc, spool } = await startPc(agent, 'crash=log:5000');
  putBundle(spool, '0123ABCD', {
    'RUN.SH': '#!/bin/sh\nwhile :; do echo 0123456789012345678901234567890123456789; sleep 0.01; done\n',
  });
  putJob(spool, '00000001', 'run', ['dir=B/0123ABCD', 'exe=RUN.SH']);
  await eventually(() => pc.knobs.crash === undefined, 'the crash');
  await pc.stopAgent();
  expect(statSync(join(spool, 'OUT', '00000001.LOG')).size).toBeGreaterThanOrEqual(5_000);
  expect(existsSync(join(spool, 'OUT', '00000001.END'))).toBe(false);
  await pc.startAgent();
  expect(await endOf(spool, '00000001')).toContain('reason=agent-restarted');
  putJob(spool, '00000002', 'run', ['dir=B/0123ABCD', 'prog=seq', 'arg=5000']);
  expect(await endOf(spool, '00000002')).toContain('reason=exited');
});

test.each(agents)('the %s agent crashes at a job of the kind that was asked for', async (agent) => {
  const { pc, spool } = await startPc(agent, 'crash=job:run');
  putBundle(spool, '0123ABCD', {});
  putJob(spool, '00000001', 'probe', []);
  expect(await endOf(spool, '00000001')).toContain('reason=done');
  expect(pc.knobs.crash).toEqual({ atJob: 'run' });
  putJob(spool, '00000002', 'run', ['dir=B/0123ABCD', 'prog=sleep', 'arg=600']);
  await eventually(() => pc.knobs.crash === undefined, 'the crash');
  await pc.stopAgent();
  expect(existsSync(join(spool, 'RUN', '00000002.RUN'))).toBe(true);
  expect(existsSync(join(spool, 'OUT', '00000002.END'))).toBe(false);
});
