import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { agentAge, agentVersions, shippedAgentVersion } from '../../src/domain/agent-versions.ts';
import { agentPrograms } from '../contract/agent/update-programs.ts';
import { builtAgentPath, haveBuiltAgent } from '../support/built-agent.ts';
import { HandAgent } from '../support/hand-agent.ts';
import { KitFolder } from '../support/kit-folder.ts';
import { quickSettings, TestFleet } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait-for.ts';

const stand = (build: string): string => `Stands for a program: agent98 9.9.9 build ${build}`;

/** A machine whose agent is the simulator's own, and a ready-made agent of another build. */
async function fleetWith(kit: KitFolder, content: string | Uint8Array, build: string) {
  for (const platform of ['win9x', 'linux-x86_64', 'linux-armel'])
    kit.put(platform, 'AGENT.EXE', content, build);
  const fleet = new TestFleet();
  fleet.kits = kit.kits;
  await fleet.startDaemon({ ...quickSettings, jobs: { waitMs: 2_000, pollMs: 20 } });
  return fleet;
}

const historyOf = async (fleet: TestFleet, name: string) => {
  const machine = await fleet.store.machines.findByName(name);
  return (await fleet.store.history.list(machine?.id ?? '', { limit: 10 })).items;
};

test('an agent gives way to the ready-made one, and the machine remembers it', async () => {
  using kit = new KitFolder();
  await using fleet = await fleetWith(kit, stand('0badcafe'), '0badcafe');
  const pc = await fleet.addPc('p2');
  const from = { version: '1.0.0', build: 'typescript' };
  const to = { version: '9.9.9', build: '0badcafe' };
  expect(await fleet.operations.updateAgent('p2', 'me')).toEqual({ state: 'done', from, to });
  expect(readFileSync(join(pc.diskFolder, 'FLEET98', 'AGENT.EXE'), 'utf8')).toBe(stand('0badcafe'));
  expect(await fleet.store.machines.findByName('p2')).toMatchObject({ agent: to });
  expect(await fleet.operations.updateAgent('p2', 'me')).toMatchObject({ state: 'already-current' });
  expect(await historyOf(fleet, 'p2')).toMatchObject([
    { kind: 'update', state: 'done', requestedBy: 'me', agent: { from, to }, bundle: null },
  ]);
  expect(await fleet.store.lanes.all()).toEqual([]);
});

test.runIf(haveBuiltAgent() && process.arch === 'x64')(
  'the agent in C does so, too, while nothing runs',
  async () => {
    using kit = new KitFolder();
    const { next, nextBuild } = agentPrograms(builtAgentPath);
    await using fleet = await fleetWith(kit, next, nextBuild);
    await fleet.addPc('pi', 'c', { platform: 'linux' });
    await fleet.addBundle(
      'wait',
      { 'A.TXT': new Uint8Array() },
      { program: 'sleep', args: ['60'], keep: [] },
    );
    await fleet.deploy('wait', ['pi']);
    const run = await fleet.startRun('wait', 'pi');
    await fleet.runWhen(run.id, 'its start', ({ state }) => state === 'running');
    await expect(fleet.operations.updateAgent('pi', 'me')).rejects.toMatchObject({ code: 'MACHINE_BUSY' });
    await fleet.operations.cancelRun(run.id);
    await fleet.runEnd(run.id);
    expect(await fleet.operations.updateAgent('pi', 'me')).toMatchObject({
      state: 'done',
      to: { build: nextBuild },
    });
    const after = await fleet.startRun('wait', 'pi');
    await fleet.runWhen(after.id, 'its start', ({ state }) => state === 'running');
    await fleet.operations.cancelRun(after.id);
    expect((await fleet.runEnd(after.id)).state).toBe('canceled');
  },
);

test('what does not start as an agent there is refused, and the old one goes on', async () => {
  using kit = new KitFolder();
  await using fleet = await fleetWith(kit, 'no program at all', '0badcafe');
  const pc = await fleet.addPc('p2');
  await expect(fleet.operations.updateAgent('p2', 'me')).rejects.toMatchObject({
    code: 'UPDATE_FAILED',
    message:
      'start-failed: the new program does not start as an agent here; on p2 simulated 1.0.0 (typescript) goes on',
  });
  expect(await historyOf(fleet, 'p2')).toMatchObject([
    { kind: 'update', state: 'failed', code: 'UPDATE_FAILED' },
  ]);
  expect(new HandAgent(join(pc.diskFolder, 'FLEET98')).names('STAGE')).toEqual([]);
  await fleet.operations.probeMachine('p2', { adopt: false });
});

test('an agent that falls silent in between is reported, and holds up nothing', async () => {
  using kit = new KitFolder();
  await using fleet = await fleetWith(kit, stand('0badcafe'), '0badcafe');
  const pc = await fleet.addPc('p2');
  await pc.stopAgent();
  const hand = new HandAgent(join(pc.diskFolder, 'FLEET98'));
  const updating = fleet.operations.updateAgent('p2', 'me').catch((error: unknown) => error);
  const job = await hand.claim();
  expect(await updating).toMatchObject({ code: 'AGENT_SILENT' });
  expect(await fleet.store.lanes.all()).toEqual([]);
  expect(await historyOf(fleet, 'p2')).toMatchObject([
    { kind: 'update', state: 'failed', code: 'AGENT_SILENT' },
  ]);
  // The real one finds it claimed, and brings it to its end.
  await pc.startAgent();
  await waitFor('the END', () => hand.has(`OUT/${job.id}.END`));
  expect(await fleet.operations.updateAgent('p2', 'me')).toMatchObject({ state: 'already-current' });
  expect(hand.names('OUT')).toEqual([]);
});

test('what a daemon of before did not see the end of is closed when the next one starts', async () => {
  using kit = new KitFolder();
  await using fleet = await fleetWith(kit, stand('0badcafe'), '0badcafe');
  await fleet.addPc('p2');
  const machine = await fleet.store.machines.findByName('p2');
  const build = { version: '1', build: 'b' };
  await fleet.store.agentUpdates.begin({
    machineId: machine?.id ?? '',
    from: build,
    to: build,
    sha256: '0'.repeat(64),
    requestedBy: 'me',
    atMs: 1,
  });
  await fleet.stopDaemon();
  await fleet.startDaemon();
  expect(await historyOf(fleet, 'p2')).toMatchObject([{ kind: 'update', state: 'interrupted' }]);
});

describe('agents of before', () => {
  test('are spoken to: the table names the shipped version last, which the sources have', () => {
    expect(agentVersions.length).toBeLessThanOrEqual(3);
    const source = readFileSync(new URL('../../src/agent/version.h', import.meta.url), 'utf8');
    expect(/AGENT_VERSION "(.*)"/.exec(source)?.[1]).toBe(shippedAgentVersion);
  });

  test.each([
    ['agent98', '0.0.9', 'too-old'],
    ['agent98', '0.1.0', 'old'],
    ['agent98', shippedAgentVersion, 'current'],
    ['agent98', '10.0.0', 'current'],
    ['agent98', 'beta', 'current'],
    ['simulated', '0.0.1', 'current'],
  ])('%s %s is %s', (agent, version, age) => {
    expect(agentAge({ agent, version })).toBe(age);
  });

  test.each(agentVersions.slice(0, -1))(
    'do runs as $version, and cannot be replaced from here',
    async ({ version, lacksKinds }) => {
      using kit = new KitFolder();
      await using fleet = await fleetWith(kit, stand('0badcafe'), '0badcafe');
      const pc = await fleet.addPc('p2');
      await fleet.addBundle(
        'words',
        { 'A.TXT': new Uint8Array([1]) },
        { program: 'echo', args: ['hello'], keep: [] },
      );
      await fleet.deploy('words', ['p2']);
      await pc.stopAgent();
      const hand = new HandAgent(join(pc.diskFolder, 'FLEET98'));
      const info = hand
        .read('AGENT.NFO')
        .replace(/^agent=.*/m, 'agent=agent98')
        .replace(/^version=.*/m, `version=${version}`)
        .replace(/^arch=.*\r\n/m, '')
        .replace(/^kinds=(.*)/m, (_, kinds: string) => {
          const known = kinds.split(',').filter((kind) => !lacksKinds.includes(kind));
          return `kinds=${known.join(',')}`;
        });
      writeFileSync(hand.path('AGENT.NFO'), info);
      const run = await fleet.startRun('words', 'p2');
      const job = await hand.claim();
      hand.write(`OUT/${job.id}.LOG`, hand.head(job) + hand.record('hello'));
      hand.finish(job, hand.end(job, 'exited'));
      expect(await fleet.runEnd(run.id)).toMatchObject({ state: 'succeeded', text: 'hello' });
      await expect(fleet.operations.updateAgent('p2', 'me')).rejects.toMatchObject({
        code: 'AGENT_UNKNOWN_KIND',
      });
      const machine = await fleet.store.machines.findByName('p2');
      expect(machine?.agent && agentAge(machine.agent)).toBe('old');
    },
  );
});
