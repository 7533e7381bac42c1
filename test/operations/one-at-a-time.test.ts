import { expect, test } from 'vitest';
import type { Run } from '../../src/domain/run.ts';
import { addDos, addWaiter, dosFleet } from '../support/dos-fleet.ts';
import { quickSettings, TestFleet } from '../support/test-fleet.ts';
import { haveBuiltAgent } from '../support/built-agent.ts';
import { waitFor } from '../support/wait-for.ts';

const unseen = (run: Run): boolean => run.code === 'RUN_UNSEEN';

test.each(haveBuiltAgent() ? (['ts', 'c'] as const) : (['ts'] as const))(
  'one turn of the agent (%s) each for the probe, a deployment and a run; nothing is left behind',
  async (agent) => {
    const dos = await dosFleet({ agent });
    await using fleet = dos.fleet;
    // The first start was its own, when it was switched on.
    expect(await dos.machine()).toMatchObject({ state: 'ready', agent: { platform: 'msdos' }, boot: 3 });
    expect((await dos.machine()).server).toMatchObject({ endServer: true, banner: 'mTCP FTP Server' });
    const { id } = await dos.start();
    expect(await fleet.runEnd(id)).toMatchObject({ state: 'succeeded', text: 'on DOS, over', flags: [] });
    expect(await dos.machine()).toMatchObject({ health: 'good', boot: 4 });
    expect((await dos.machine()).lastError).toBeUndefined();
    const [placement] = await fleet.store.placements.listFor((await dos.machine()).id);
    expect(placement?.verified).toBe(true);
    expect(await fleet.store.absences.all()).toEqual([]);
    expect(await fleet.store.lanes.all()).toEqual([]);
    for (const folder of ['IN', 'RUN', 'OUT', 'STAGE'] as const) expect(dos.names(folder)).toEqual([]);
  },
);

test('while it works the machine is away, and that is no fault of its', async () => {
  const dos = await dosFleet();
  await using fleet = dos.fleet;
  const told: string[] = [];
  fleet.operations.events.subscribe((event) => {
    if (event.type === 'run') told.push(`${event.state} ${event.code ?? ''}`.trim());
  });
  const first = await dos.start();
  await fleet.runEnd(first.id);
  const { id } = await dos.start('wait');
  const run = await fleet.runWhen(id, 'being unseen', unseen);
  expect(run).toMatchObject({ state: 'running', detail: expect.stringContaining('nothing answers there') });
  expect(run.claimedAtMs).toBeUndefined();
  const { absence, machine, advice } = await fleet.operations.explainMachine('dos');
  expect(absence).toMatchObject({ kind: 'working', ownerId: `run:${id}` });
  const since = absence?.sinceMs ?? 0;
  // Its like has not been there yet: its limit says when it is back, and when silence becomes a bad sign.
  expect(absence?.backByMs).toBe(since + 60_000 + 20_000);
  expect(absence?.loseAtMs).toBe(absence?.backByMs);
  expect(advice[0]).toContain('nothing answers there until it is done');
  await expect(fleet.operations.probeMachine('dos', { adopt: false })).rejects.toMatchObject({
    code: 'MACHINE_AWAY',
    message: `dos works for run:${id}, and does nothing else meanwhile`,
  });
  expect(machine.health).toBe('good');
  expect(await dos.machine()).toMatchObject({ health: 'good' });
  expect((await dos.machine()).lastError).toBeUndefined();
  dos.go();
  expect(await fleet.runEnd(id)).toMatchObject({ state: 'succeeded', text: 'on DOS, over' });
  const whole = ['queued', 'starting', 'running RUN_UNSEEN', 'collecting RUN_UNSEEN', 'succeeded'];
  expect(told).toEqual([...whole, ...whole]);
  expect((await dos.machine()).health).toBe('good');
});

test('how long the same took before says when it should be back; then it is overdue, and not lost', async () => {
  const settings = { ...quickSettings, jobs: { ...quickSettings.jobs, waitMs: 400 } };
  const dos = await dosFleet({ settings });
  await using fleet = dos.fleet;
  const first = await dos.start('wait');
  await fleet.runWhen(first.id, 'being unseen', unseen);
  dos.go();
  const { end } = await fleet.runEnd(first.id);
  const { id } = await dos.start('wait');
  const run = await fleet.runWhen(id, 'being overdue', ({ code }) => code === 'RUN_OVERDUE');
  expect(run.state).toBe('running');
  const { absence, advice } = await fleet.operations.explainMachine('dos');
  const since = absence?.sinceMs ?? 0;
  expect(absence).toMatchObject({ backByMs: since + (end?.wallMs ?? 0) + 400, loseAtMs: since + 60_400 });
  expect(advice[0]).toContain('should be back from its work by now');
  dos.go();
  expect(await fleet.runEnd(id)).toMatchObject({ state: 'succeeded' });
});

test('after limit and margin the run is lost; it heals when the machine is back, and what waited comes next', async () => {
  const settings = { ...quickSettings, jobs: { ...quickSettings.jobs, waitMs: 300 } };
  const dos = await dosFleet({ settings });
  await using fleet = dos.fleet;
  const { id } = await dos.start('wait', { limitSeconds: 1 });
  await fleet.runWhen(id, 'the loss', ({ state }) => state === 'lost');
  expect(await fleet.store.lanes.all()).toEqual([]);
  const next = await dos.start('wait', { limitSeconds: 30 });
  dos.go();
  expect(await fleet.runEnd(id)).toMatchObject({ state: 'succeeded', text: 'on DOS, over' });
  dos.go();
  expect(await fleet.runEnd(next.id)).toMatchObject({ state: 'succeeded' });
  expect(dos.starts()).toBe(2);
  expect((await dos.machine()).health).toBe('good');
});

test('what is under way cannot be stopped, and the answer says so; its real end is kept', async () => {
  const dos = await dosFleet();
  await using fleet = dos.fleet;
  const { id } = await dos.start('wait');
  await fleet.runWhen(id, 'being unseen', unseen);
  expect(await fleet.operations.cancelRun(id)).toMatchObject({
    code: 'CANNOT_STOP',
    cancelRequested: true,
    detail: expect.stringMatching(/^dos works on it and cannot be reached/),
  });
  await fleet.runWhen(id, 'the word', ({ state, code }) => state === 'canceling' && code === 'CANNOT_STOP');
  dos.go();
  expect(await fleet.runEnd(id)).toMatchObject({ state: 'succeeded', text: 'on DOS, over' });

  // Or it is given up by hand: then what comes of it is cleared away before the next job.
  const second = await dos.start('wait');
  await fleet.runWhen(second.id, 'being unseen', unseen);
  await fleet.operations.cancelRun(second.id);
  await fleet.runWhen(second.id, 'canceling', ({ state }) => state === 'canceling');
  expect(await fleet.operations.abandonRun(second.id)).toMatchObject({ state: 'failed', code: 'ABANDONED' });
  const third = await dos.start();
  dos.go();
  expect(await fleet.runEnd(third.id)).toMatchObject({ state: 'succeeded' });
  for (const folder of ['IN', 'RUN', 'OUT'] as const) expect(dos.names(folder)).toEqual([]);
});

test('a run that was canceled before its turn never starts', async () => {
  const dos = await dosFleet();
  await using fleet = dos.fleet;
  const first = await dos.start('wait');
  await fleet.runWhen(first.id, 'being unseen', unseen);
  const second = await dos.start();
  expect(await fleet.operations.cancelRun(second.id)).toMatchObject({ state: 'canceled' });
  dos.go();
  await fleet.runEnd(first.id);
  expect(dos.starts()).toBe(1);
});

test('a daemon that stops while the machine is away goes on where it was', async () => {
  const dos = await dosFleet();
  await using fleet = dos.fleet;
  const { id } = await dos.start('wait');
  await fleet.runWhen(id, 'being unseen', unseen);
  await fleet.stopDaemon();
  await fleet.startDaemon();
  expect((await fleet.store.runs.get(id))?.state).toBe('running');
  expect(await fleet.store.absences.all()).toMatchObject([{ kind: 'working', ownerId: `run:${id}` }]);
  dos.go();
  expect(await fleet.runEnd(id)).toMatchObject({ state: 'succeeded', text: 'on DOS, over' });
  expect(dos.starts()).toBe(1);
});

test('a run whose machine loses power meanwhile was interrupted, and says so', async () => {
  const dos = await dosFleet();
  await using fleet = dos.fleet;
  const first = await dos.start('wait');
  await fleet.runWhen(first.id, 'being unseen', unseen);
  await waitFor('the program', () => dos.starts() === 1);
  await dos.pc.powerOff();
  await dos.pc.powerOn();
  expect(await fleet.runEnd(first.id)).toMatchObject({ state: 'failed', code: 'AGENT_RESTARTED' });

  // Where only the agent died, the server is back before anybody has settled what became of the run.
  const second = await dos.start('wait');
  await fleet.runWhen(second.id, 'being unseen', unseen);
  await waitFor('the program', () => dos.starts() === 2);
  await dos.pc.crashAgent();
  expect(await fleet.runEnd(second.id)).toMatchObject({ state: 'failed', code: 'AGENT_RESTARTED' });
  for (const folder of ['IN', 'RUN', 'OUT'] as const) expect(dos.names(folder)).toEqual([]);
});

test('files there are measured and removed in turns of the agent, too', async () => {
  const dos = await dosFleet();
  await using fleet = dos.fleet;
  expect(await fleet.operations.verifyMachine('dos')).toMatchObject([{ isWhole: true, marker: 'right' }]);
  expect((await fleet.deploy('hello', ['dos']))[0]?.state).toBe('already-current');
  await fleet.operations.removeBundle('dos', 'hello');
  expect(await fleet.store.placements.listFor((await dos.machine()).id)).toEqual([]);
  expect((await fleet.deploy('hello', ['dos']))[0]?.state).toBe('done');
  expect(await fleet.store.absences.all()).toEqual([]);
});

test('a run there needs a time limit, and what is not as usual is said before', async () => {
  const { run } = quickSettings;
  const boundless = { ...quickSettings, run: { ...run, limits: { ...run.limits, limitSeconds: 0 } } };
  const dos = await dosFleet({ settings: boundless });
  await using fleet = dos.fleet;
  await expect(dos.start()).rejects.toMatchObject({
    code: 'LIMIT_NEEDED',
    message: expect.stringMatching(/^dos does one thing at a time/),
  });
  await fleet.addPc('win');
  const [note, ...more] = await fleet.operations.runNotes(['win', 'dos', 'nobody']);
  expect(more).toEqual([]);
  expect(note).toEqual({
    machine: 'dos',
    code: 'RUN_UNSEEN',
    message:
      'MS-DOS does one thing at a time: while a run is on, the machine cannot be reached; its output comes at its ' +
      'end, it cannot be stopped, its time limit only says when it counts as lost. Such runs need a time limit.',
  });
  const { id } = await dos.start(undefined, { limitSeconds: 30 });
  expect((await fleet.runEnd(id)).state).toBe('succeeded');
});

test('several runs wait for each other and are done one after another', async () => {
  const dos = await dosFleet();
  await using fleet = dos.fleet;
  const runs = [await dos.start(), await dos.start(), await dos.start()];
  for (const { id } of runs) expect((await fleet.runEnd(id)).state).toBe('succeeded');
  expect(dos.starts()).toBe(3);
  // One start of the agent for each.
  expect((await dos.machine()).boot).toBe(6);
});

test('where the user may not end the server, the first try says so and is the last', async () => {
  const fleet = await TestFleet.start();
  await using _ = fleet;
  const pc = await addDos(fleet, ['quit=denied']);
  expect((await fleet.store.machines.findByName('dos'))?.server?.endServer).toBe(false);
  await addWaiter(fleet);
  const machines = { names: ['dos'] };
  const { deployment } = await fleet.operations.deploy({ bundle: 'hello', machines, requestedBy: 'test' });
  const target = async () => (await fleet.store.deployments.targets(deployment.id))[0];
  const asked = await waitFor('the reason', async () => {
    const now = await target();
    return now?.code === 'WAITING_FOR_KEYBOARD' && now;
  });
  expect(asked.state).toBe('placing');
  await pc.pressKey();
  await waitFor('the end', async () => (await target())?.state === 'done');
  expect((await target())?.code).toBeUndefined();
});
