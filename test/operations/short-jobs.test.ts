import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HandAgent } from '../support/hand-agent.ts';
import { quickSettings, TestFleet } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait-for.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A machine with a placed bundle whose agent is the test itself. */
async function scene(settings = quickSettings) {
  const fleet = await TestFleet.start(settings);
  const pc = await fleet.addPc('old');
  const bundle = await fleet.addBundle('app', { 'A.TXT': encode('a'), 'B.TXT': encode('b') });
  await fleet.deploy('app', ['old']);
  await pc.stopAgent();
  const hand = new HandAgent(join(pc.diskFolder, 'FLEET98'));
  const machine = await fleet.store.machines.findByName('old');
  const kept = () => fleet.store.shortJobs.leftOn(machine?.id ?? '');
  return { fleet, pc, bundle, hand, kept };
}

test('a verify job that a stopped daemon left behind is cleared away by the next one', async () => {
  const { fleet: made, hand, kept } = await scene();
  await using fleet = made;
  const verified = fleet.operations.verifyMachine('old').catch((error: unknown) => error);
  const job = await hand.claim();
  expect(await kept(), 'is left over while it is under way').toEqual([]);
  await fleet.stopDaemon();
  expect(await verified).toMatchObject({ code: 'CANCELED' });
  hand.finish(job, hand.end(job, 'done', ['kind=verify']));
  await fleet.startDaemon();
  await waitFor('a clean OUT', () => hand.names('OUT').length === 0);
  await waitFor('nothing to remember', async () => (await kept()).length === 0);
  await waitFor('a free lane', async () => (await fleet.store.lanes.all()).length === 0);
});

test('what a probe that broke off left behind is cleared away by the next daemon', async () => {
  const { fleet: made, hand, kept } = await scene();
  await using fleet = made;
  const probed = fleet.operations.probeMachine('old', { adopt: false }).catch((error: unknown) => error);
  const job = await hand.claim();
  await fleet.stopDaemon();
  expect(await probed).toMatchObject({ code: 'LINK_LOST' });
  hand.finish(job, hand.end(job, 'done', ['kind=probe']));
  await fleet.startDaemon();
  await waitFor('a clean OUT', () => hand.names('OUT').length === 0);
  await waitFor('nothing to remember', async () => (await kept()).length === 0);
});

test('work on a machine leaves a probe alone that is under way there', async () => {
  const { fleet: made, hand, kept, pc } = await scene();
  await using fleet = made;
  const probed = fleet.operations.probeMachine('old', { adopt: false });
  const job = await hand.seeJob();
  const verified = fleet.operations.verifyMachine('old');
  await waitFor('the other job', () => hand.names('IN').filter((name) => name.endsWith('.JOB')).length === 2);
  expect(hand.names('IN')).toContain(`${job.id}.JOB`);
  await pc.startAgent();
  expect(await verified).toMatchObject([{ isWhole: true }]);
  expect(await probed).toMatchObject({ health: 'good' });
  expect(await kept()).toEqual([]);
});

test('a remove job that was cut off is taken back before the bundle is deployed again', async () => {
  const { fleet: made, bundle, hand, pc } = await scene();
  await using fleet = made;
  const [cable] = fleet.cables;
  const removed = fleet.operations.removeBundle('old', 'app').catch((error: unknown) => error);
  const job = await hand.seeJob();
  await cable?.pull();
  expect(await removed).toMatchObject({ fault: 'network' });
  await cable?.plug();
  const deployed = fleet.deploy('app', ['old']);
  await waitFor('the next job', async () => (await hand.seeJob()).id !== job.id);
  expect(hand.names('IN')).not.toContain(`${job.id}.JOB`);
  await pc.startAgent();
  expect(await deployed).toMatchObject([{ state: 'already-current' }]);
  expect(existsSync(join(hand.folder, bundle.folder, 'BUNDLE.OK'))).toBe(true);
});

test('a job that vanishes from the machine is not waited for without end', async () => {
  const jobs = { waitMs: 300, pollMs: 20 };
  const { fleet: made, hand } = await scene({ ...quickSettings, jobs });
  await using fleet = made;
  const verified = fleet.operations.verifyMachine('old').catch((error: unknown) => error);
  const job = await hand.claim();
  hand.remove(`RUN/${job.id}.RUN`);
  expect(await verified).toMatchObject({
    code: 'AGENT_SILENT',
    message: 'a job is gone from the machine, and has no end there',
  });
});

test('a daemon that stops does not wait for a probe that nobody answers, and blames nobody', async () => {
  const { fleet: made, hand } = await scene();
  await using fleet = made;
  const probed = fleet.operations.probeMachine('old', { adopt: false }).catch((error: unknown) => error);
  await hand.seeJob();
  await fleet.operations.stop();
  expect(await probed).toMatchObject({ code: 'LINK_LOST' });
  expect((await fleet.store.machines.findByName('old'))?.health).toBe('good');
  await fleet.store.close();
  hand.remove(`IN/${hand.names('IN')[0]}`);
  await fleet.startDaemon();
});

test('a machine on which another daemon’s program runs is not tidied up', async () => {
  const { fleet: made, hand, pc } = await scene();
  await using fleet = made;
  const info = hand.read('AGENT.NFO');
  hand.write('AGENT.NFO', info.replace(/job=-/, 'job=ABCDEF01'));
  await fleet.addBundle('next', { 'C.TXT': encode('c') });
  const machines = { names: ['old'] };
  const { deployment } = await fleet.operations.deploy({ bundle: 'next', machines, requestedBy: 'test' });
  const state = async () => (await fleet.store.deployments.targets(deployment.id))[0]?.state;
  await hand.seeJob();
  const staged = hand.names('STAGE');
  expect(staged).toHaveLength(1);
  await fleet.operations.cancelDeployment(deployment.id);
  await waitFor('the cancel', async () => (await state()) === 'canceled');
  let tidyings = 0;
  const { lanes } = fleet.store;
  const release = lanes.release.bind(lanes);
  lanes.release = async (machineId, ownerId) => {
    await release(machineId, ownerId);
    if (ownerId.startsWith('tidy:')) tidyings += 1;
  };
  await waitFor('two attempts', () => tidyings >= 2);
  expect(hand.names('STAGE')).toEqual(staged);
  await pc.startAgent();
  await waitFor('a clean stage', () => hand.names('STAGE').length === 0);
});
