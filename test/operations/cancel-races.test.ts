import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Target } from '../../src/domain/deployment.ts';
import { HandAgent } from '../support/hand-agent.ts';
import type { TakenJob } from '../support/hand-agent.ts';
import { quickSettings, TestFleet } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait-for.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const files = { 'GO.JS': encode('setInterval(() => {}, 1000)'), 'B.TXT': encode('b') };
const command = { program: 'node', args: ['GO.JS'], keep: [] };

/** A fleet of one machine and one bundle, and what its daemon complained of. */
async function scene(settings = quickSettings) {
  const complaints: string[] = [];
  const complain = (_fields: object, message: string): void => void complaints.push(message);
  const fleet = new TestFleet();
  fleet.log = { debug() {}, info() {}, warn: complain, error: complain };
  await fleet.startDaemon(settings);
  const pc = await fleet.addPc('old');
  const bundle = await fleet.addBundle('app', files, command);
  const hand = new HandAgent(join(pc.diskFolder, 'FLEET98'));
  const begin = async (): Promise<number> => {
    const request = { bundle: 'app', machines: { names: ['old'] }, requestedBy: 'test' };
    return (await fleet.operations.deploy(request)).deployment.id;
  };
  const target = async (id: number): Promise<Target> => {
    const [found] = await fleet.store.deployments.targets(id);
    if (!found) throw new Error('the deployment has no target');
    return found;
  };
  const reached = (id: number, state: Target['state']) =>
    waitFor(`deployment ${id} to be ${state}`, async () => (await target(id)).state === state);
  const freeLane = () => waitFor('a free lane', async () => (await fleet.store.lanes.all()).length === 0);
  return { fleet, pc, bundle, hand, complaints, begin, target, reached, freeLane };
}

test('a run that is canceled just before it would begin never begins, and nothing complains', async () => {
  const { fleet: made, complaints, hand, pc } = await scene();
  await using fleet = made;
  await fleet.deploy('app', ['old']);
  await pc.stopAgent();
  const { runs } = fleet.store;
  const look = runs.queued.bind(runs);
  let canceled = 0;
  runs.queued = async () => {
    const found = await look();
    for (const run of found) {
      await fleet.operations.cancelRun(run.id);
      canceled += 1;
    }
    return found;
  };
  const { id } = await fleet.startRun('app', 'old');
  expect(await fleet.runEnd(id)).toMatchObject({ state: 'canceled', code: 'CANCELED' });
  await waitFor('another look', async () => {
    fleet.store.runs.queued = look;
    return (await look()).length === 0;
  });
  expect(canceled).toBe(1);
  expect(await fleet.store.lanes.all()).toEqual([]);
  expect(hand.names('IN')).toEqual([]);
  expect(complaints).toEqual([]);
});

test('a run that begins just before it is canceled is stopped on its machine', async () => {
  const { fleet: made, complaints, hand, pc } = await scene();
  await using fleet = made;
  await fleet.deploy('app', ['old']);
  await pc.stopAgent();
  const { runs } = fleet.store;
  const cancel = runs.requestCancel.bind(runs);
  runs.requestCancel = async (id, ...more) => {
    await fleet.runWhen(id, 'its begin', (run) => run.state === 'starting');
    return cancel(id, ...more);
  };
  const { id } = await fleet.startRun('app', 'old');
  await fleet.operations.cancelRun(id);
  expect(await fleet.runEnd(id)).toMatchObject({ state: 'canceled', code: 'CANCELED' });
  expect(hand.names('IN')).toEqual([]);
  expect(complaints).toEqual([]);
});

test('a run that is nowhere any more is not waited for after its cancel', async () => {
  const { fleet: made, hand, pc } = await scene();
  await using fleet = made;
  await fleet.deploy('app', ['old']);
  await pc.stopAgent();
  const { id } = await fleet.startRun('app', 'old');
  const job = await hand.claim();
  await fleet.runWhen(id, 'running', (run) => run.state === 'running');
  hand.remove(`RUN/${job.id}.RUN`);
  await fleet.operations.cancelRun(id);
  // Either the kill finds that nobody knows the job, or its absence is seen before.
  const kill = await Promise.race([hand.seeJob(), fleet.runEnd(id).then(() => undefined)]);
  if (kill) {
    await hand.claim();
    hand.finish(kill, hand.end(kill, 'not-known', ['kind=kill']));
  }
  expect(await fleet.runEnd(id)).toMatchObject({ state: 'failed', code: 'LOST_EVIDENCE' });
});

describe('a job that broke off before it had its name leaves nothing behind', () => {
  test.each(['CANCELED', 'NOT_DEPLOYED'])('when its run ends as %s', async (code) => {
    const { fleet: made, bundle, hand, pc } = await scene();
    await using fleet = made;
    await fleet.deploy('app', ['old']);
    pc.turn({ refused: new Map([['RNFR', { code: 421, text: 'Going down' }]]) });
    const { id } = await fleet.startRun('app', 'old');
    await waitFor('half a delivery', () => hand.names('IN').some((name) => name.endsWith('.TMP')));
    if (code === 'CANCELED') await fleet.operations.cancelRun(id);
    else {
      const machine = await fleet.store.machines.findByName('old');
      await fleet.store.placements.remove(machine?.id ?? '', bundle.id);
    }
    expect(await fleet.runEnd(id)).toMatchObject({ code });
    expect(hand.names('IN')).toEqual([]);
  });
});

test('a target that is canceled while its failure is written down ends as canceled', async () => {
  const { fleet: made, begin, freeLane, reached, target } = await scene();
  await using fleet = made;
  await fleet.cables[0]?.pull();
  const { deployments } = fleet.store;
  const look = deployments.target.bind(deployments);
  let hasCanceled = false;
  deployments.target = async (deploymentId, machineId) => {
    const found = await look(deploymentId, machineId);
    if (!hasCanceled && found?.state === 'preflight') {
      hasCanceled = true;
      await fleet.operations.cancelDeployment(deploymentId);
    }
    return found;
  };
  const id = await begin();
  await reached(id, 'canceled');
  expect(hasCanceled).toBe(true);
  expect((await target(id)).code).toBeUndefined();
  await freeLane();
});

test('two people may cancel a deployment at once', async () => {
  const { fleet: made, begin, freeLane, pc, reached } = await scene();
  await using fleet = made;
  await pc.stopAgent();
  const id = await begin();
  await reached(id, 'placing');
  const cancel = () => fleet.operations.cancelDeployment(id);
  await Promise.all([cancel(), cancel(), cancel()]);
  await reached(id, 'canceled');
  await freeLane();
});

/** What a place job of that text would answer. */
const placedFiles = (text: string): string[] =>
  [...text.matchAll(/^file=[^,]+,(\S+)\r$/gm)].map(([, file]) => `file=${file}`);

test.each([
  ['all was placed', 'done', 'done'],
  ['a file was not right', 'mismatch', 'canceled'],
] as const)(
  'a cancel waits for a place job that the agent has taken: when %s, it is %s, the target is %s',
  async (_what, reason, state) => {
    const { fleet: made, begin, bundle, freeLane, hand, pc, reached, target } = await scene();
    await using fleet = made;
    await pc.stopAgent();
    const id = await begin();
    await reached(id, 'placing');
    const job: TakenJob = await hand.claim();
    await fleet.operations.cancelDeployment(id);
    expect((await target(id)).state).toBe('canceling');
    const answer = placedFiles(hand.read(`RUN/${job.id}.RUN`));
    expect(answer).toHaveLength(2);
    const more = reason === 'done' ? answer : ['bad=B.TXT'];
    hand.finish(job, hand.end(job, reason, ['kind=place', ...more]));
    await reached(id, state);
    await freeLane();
    const { machineId } = await target(id);
    const placement = await fleet.store.placements.get(machineId, bundle.id);
    expect(placement !== undefined).toBe(state === 'done');
    await waitFor('a clean OUT', () => hand.names('OUT').length === 0);
    if (state === 'canceled') await waitFor('a clean stage', () => hand.names('STAGE').length === 0);
  },
);
