import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Run } from '../../src/domain/run.ts';
import { dosFleet } from '../support/dos-fleet.ts';
import type { DosFleet } from '../support/dos-fleet.ts';
import { quickSettings } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait-for.ts';

const knobs = ['quit=off'];
const waits = (run: Run): boolean => run.state === 'queued' && run.code === 'WAITING_FOR_KEYBOARD';

/** A machine whose server nobody can end from afar, with the program placed. */
async function keyboardFleet(settings = quickSettings): Promise<DosFleet> {
  const dos = await dosFleet({ settings, knobs, deploy: false });
  const { fleet, pc } = dos;
  const machines = { names: ['dos'] };
  const { deployment } = await fleet.operations.deploy({ bundle: 'hello', machines, requestedBy: 'test' });
  const target = async () => (await fleet.store.deployments.targets(deployment.id))[0];
  await waitFor('the reason', async () => (await target())?.code === 'WAITING_FOR_KEYBOARD');
  expect(await target()).toMatchObject({
    state: 'placing',
    detail: expect.stringContaining('FTP server of dos'),
  });
  await pc.pressKey();
  await waitFor('the end', async () => (await target())?.state === 'done');
  return dos;
}

test('a run waits, queued, for the key at its machine; then it is done like any other', async () => {
  const dos = await keyboardFleet();
  await using fleet = dos.fleet;
  expect((await dos.machine()).server?.endServer).toBe(false);
  const { id } = await dos.start();
  const run = await fleet.runWhen(id, 'waiting for the key', waits);
  // What the agent is to do lies there; that nothing has begun is proven by it still lying there.
  expect(dos.names('IN')).toEqual([`${run.jobId}.JOB`]);
  expect(await fleet.store.lanes.all()).toMatchObject([{ ownerId: `run:${id}` }]);
  const { absence, advice } = await fleet.operations.explainMachine('dos');
  expect(absence).toMatchObject({ kind: 'keyboard', ownerId: `run:${id}` });
  expect(advice[0]).toMatch(/^Press Alt-X or Ctrl-C/);
  expect((await dos.machine()).health).toBe('good');
  await dos.pc.pressKey();
  expect(await fleet.runEnd(id)).toMatchObject({ state: 'succeeded', text: 'on DOS, over' });
  expect(await fleet.store.absences.all()).toEqual([]);
  for (const folder of ['IN', 'RUN', 'OUT'] as const) expect(dos.names(folder)).toEqual([]);
});

test('once the key was pressed the machine is away as with any other', async () => {
  const dos = await keyboardFleet();
  await using fleet = dos.fleet;
  const { id } = await dos.start('wait');
  await fleet.runWhen(id, 'waiting for the key', waits);
  await dos.pc.pressKey();
  await fleet.runWhen(id, 'being unseen', ({ state, code }) => state === 'running' && code === 'RUN_UNSEEN');
  expect(await fleet.store.absences.all()).toMatchObject([{ kind: 'working', ownerId: `run:${id}` }]);
  dos.go();
  expect(await fleet.runEnd(id)).toMatchObject({ state: 'succeeded' });
  const [placement] = await fleet.store.placements.listFor((await dos.machine()).id);
  expect(placement?.verified).toBe(true);
});

test('a run that waits for the key can be canceled, which is proven by taking its job back', async () => {
  const dos = await keyboardFleet();
  await using fleet = dos.fleet;
  const { id } = await dos.start();
  await fleet.runWhen(id, 'waiting for the key', waits);
  await fleet.operations.cancelRun(id);
  expect(await fleet.runEnd(id)).toMatchObject({ state: 'canceled', detail: 'taken back before it started' });
  expect(dos.names('IN')).toEqual([]);
  expect(await fleet.store.absences.all()).toEqual([]);
  expect(await fleet.store.lanes.all()).toEqual([]);
  await dos.pc.pressKey();
  expect(dos.starts()).toBe(0);
});

test('a daemon that stops meanwhile waits on when it is back, and a cable that is pulled starts nothing', async () => {
  const dos = await keyboardFleet();
  await using fleet = dos.fleet;
  const { id } = await dos.start();
  const before = await fleet.runWhen(id, 'waiting for the key', waits);
  await fleet.stopDaemon();
  await fleet.startDaemon();
  await waitFor('the wait', async () =>
    (await fleet.store.absences.all()).some(({ kind }) => kind === 'keyboard'),
  );
  const [cable] = fleet.cables;
  await cable?.pull();
  // Nothing answers: most likely somebody has pressed the key.
  await fleet.runWhen(id, 'being unseen', ({ code }) => code === 'RUN_UNSEEN');
  await cable?.plug();
  const after = await fleet.runWhen(id, 'waiting again', waits);
  expect(after.jobId).toBe(before.jobId);
  expect(dos.starts()).toBe(0);
  await dos.pc.pressKey();
  expect(await fleet.runEnd(id)).toMatchObject({ state: 'succeeded' });
  expect(dos.starts()).toBe(1);
});

test('a deployment whose job was done while no daemon was there is taken as done, without another turn', async () => {
  const dos = await dosFleet({ knobs, deploy: false });
  await using fleet = dos.fleet;
  const asked = { bundle: 'hello', machines: { names: ['dos'] }, requestedBy: 'test' };
  const { deployment } = await fleet.operations.deploy(asked);
  const target = async () => (await fleet.store.deployments.targets(deployment.id))[0];
  await waitFor('the reason', async () => (await target())?.code === 'WAITING_FOR_KEYBOARD');
  await fleet.stopDaemon();
  expect(dos.names('IN')).toHaveLength(1);
  await dos.pc.pressKey();
  await waitFor('the END', () => dos.names('OUT').some((name) => name.endsWith('.END')));
  await fleet.startDaemon();
  await waitFor('the end', async () => (await target())?.state === 'done');
  expect((await dos.machine()).agent?.boot).toBe(2);
  for (const folder of ['IN', 'RUN', 'OUT', 'STAGE'] as const) expect(dos.names(folder)).toEqual([]);
});

test('a run that power cut short waits for the next key until its end is told', async () => {
  const dos = await keyboardFleet();
  await using fleet = dos.fleet;
  const { id } = await dos.start('wait');
  await fleet.runWhen(id, 'waiting for the key', waits);
  await dos.pc.pressKey();
  await waitFor('the program', () => dos.starts() === 1);
  await fleet.runWhen(id, 'being unseen', ({ code }) => code === 'RUN_UNSEEN');
  // The agent dies without a word, and the server is back with what it had begun.
  await dos.pc.crashAgent();
  await fleet.runWhen(id, 'the wait', ({ code }) => code === 'WAITING_FOR_KEYBOARD');
  expect(dos.names('RUN')).toHaveLength(1);
  await dos.pc.pressKey();
  expect(await fleet.runEnd(id)).toMatchObject({ state: 'failed', code: 'AGENT_RESTARTED' });
});

test('what somebody waits for is taken back when nobody comes to the keyboard', async () => {
  const hasty = { ...quickSettings, jobs: { ...quickSettings.jobs, waitMs: 300 } };
  const dos = await keyboardFleet(hasty);
  await using fleet = dos.fleet;
  await expect(fleet.operations.verifyMachine('dos')).rejects.toMatchObject({ code: 'WAITING_FOR_KEYBOARD' });
  expect(dos.names('IN')).toEqual([]);
  expect(await fleet.store.lanes.all()).toEqual([]);
  expect((await dos.machine()).health).toBe('good');
  expect((await dos.machine()).lastError).toBeUndefined();
});

test('a probe calls nobody to the keyboard: what the agent said when it last ran counts', async () => {
  const dos = await keyboardFleet();
  await using fleet = dos.fleet;
  const before = await dos.machine();
  await fleet.operations.probeMachine('dos', { adopt: false });
  expect((await dos.machine()).agent?.sequence).toBe(before.agent?.sequence);
  expect(dos.names('IN')).toEqual([]);
  // With the right to end the server the next probe finds that out.
  dos.pc.turn({ siteQuit: 'on' });
  expect((await fleet.operations.probeMachine('dos', { adopt: false })).server?.endServer).toBe(true);
  const { id } = await dos.start();
  expect((await fleet.runEnd(id)).state).toBe('succeeded');
});

test('a placement that has to be measured again waits for the key first, and can be canceled then too', async () => {
  const dos = await keyboardFleet();
  await using fleet = dos.fleet;
  await fleet.store.placements.markUnverified((await dos.machine()).id);
  const first = await dos.start();
  await fleet.runWhen(first.id, 'waiting for the key', waits);
  await fleet.operations.cancelRun(first.id);
  expect(await fleet.runEnd(first.id)).toMatchObject({ state: 'canceled' });
  expect(dos.names('IN')).toEqual([]);
  const second = await dos.start();
  const run = await fleet.runWhen(second.id, 'waiting for the key', waits);
  await dos.pc.pressKey();
  // Measured; now the run itself waits.
  await waitFor('its job', () => existsSync(join(dos.spool, 'IN', `${run.jobId}.JOB`)));
  await fleet.runWhen(second.id, 'waiting again', waits);
  expect(dos.starts()).toBe(0);
  await dos.pc.pressKey();
  expect(await fleet.runEnd(second.id)).toMatchObject({ state: 'succeeded' });
});
