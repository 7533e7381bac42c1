import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HandAgent } from '../support/hand-agent.ts';
import { isGone } from '../support/spool-folder.ts';
import { quickSettings, TestFleet } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait-for.ts';

/** A machine counts as lost after a moment. */
const hasty = { ...quickSettings, run: { ...quickSettings.run, lostAfterMs: 200 } };
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Counts its starts, then prints on until a file STOP.TXT is in its folder. */
const program = encode(`
  const fs = require('node:fs');
  fs.appendFileSync('STARTS.TXT', 'x');
  let n = 0;
  setInterval(() => {
    process.stdout.write((n += 1) + ' ');
    if (fs.existsSync('STOP.TXT')) process.exit(0);
  }, 20);
`);

async function lossyFleet() {
  const fleet = await TestFleet.start(hasty);
  const pc = await fleet.addPc('old');
  const bundle = await fleet.addBundle(
    'loop',
    { 'LOOP.JS': program },
    { program: 'node', args: ['LOOP.JS'], keep: [] },
  );
  await fleet.deploy('loop', ['old']);
  const hand = new HandAgent(join(pc.diskFolder, 'FLEET98'));
  const cable = fleet.cables[0];
  if (!cable) throw new Error('no cable');
  const lose = async (id: number) => {
    await cable.pull();
    await fleet.runWhen(id, 'the loss', (run) => run.state === 'lost');
    expect(await fleet.store.lanes.all()).toEqual([]);
  };
  const running = async () => {
    const { id } = await fleet.startRun('loop', 'old');
    const run = await fleet.runWhen(id, 'its process id', ({ pid }) => pid !== undefined);
    await waitFor('some log', async () => (await fleet.store.runLogs.end(id)) > 150);
    return { id, jobId: run.jobId ?? '', pid: run.pid ?? 0 };
  };
  const inBundle = (name: string) => `${bundle.folder}/${name}`;
  return { fleet, pc, hand, cable, lose, running, inBundle };
}

test('a lost run heals, whatever became of it meanwhile', async () => {
  const scene = await lossyFleet();
  await using fleet = scene.fleet;
  const { pc, hand, cable, lose, running, inBundle } = scene;

  // It runs on.
  const first = await running();
  await lose(first.id);
  const waiting = await fleet.startRun('loop', 'old');
  await cable.plug();
  await fleet.runWhen(first.id, 'running again', (run) => run.state === 'running' && run.code === undefined);
  // It ends out of sight; what waited for the machine comes next.
  await lose(first.id);
  hand.write(inBundle('STOP.TXT'), '');
  await waitFor('its END', () => hand.has(`OUT/${first.jobId}.END`));
  expect((await fleet.store.runs.get(waiting.id))?.state).toBe('queued');
  await cable.plug();
  expect(await fleet.runEnd(first.id)).toMatchObject({ state: 'succeeded', flags: [] });
  expect((await fleet.runEnd(waiting.id)).state).toBe('succeeded');
  hand.remove(inBundle('STOP.TXT'));

  // It never began, and its job still lies there.
  await pc.stopAgent();
  const second = await fleet.startRun('loop', 'old');
  await hand.seeJob();
  await lose(second.id);
  await cable.plug();
  await fleet.runWhen(second.id, 'starting again', (run) => run.state === 'starting');
  hand.write(inBundle('STOP.TXT'), '');
  await pc.startAgent();
  expect((await fleet.runEnd(second.id)).state).toBe('succeeded');
  expect(hand.read(inBundle('STARTS.TXT'))).toBe('xxx');
}, 90_000);

test('a run that never got to its machine is delivered when it is back; one whose evidence is gone has failed', async () => {
  const scene = await lossyFleet();
  await using fleet = scene.fleet;
  const { pc, hand, cable, lose, running, inBundle } = scene;
  const first = await running();
  await lose(first.id);
  await pc.stopAgent();
  for (const name of hand.names('OUT')) hand.remove(`OUT/${name}`);
  await cable.plug();
  const gone = await fleet.runEnd(first.id);
  expect(gone).toMatchObject({ state: 'failed', code: 'LOST_EVIDENCE' });
  expect(gone.text).toMatch(/^1 2 3 /);

  const second = await fleet.startRun('loop', 'old');
  const job = await hand.seeJob();
  await cable.pull();
  await fleet.stopDaemon();
  hand.remove(`IN/${job.id}.JOB`);
  await fleet.startDaemon(hasty);
  await fleet.runWhen(second.id, 'the loss', (run) => run.state === 'lost');
  await cable.plug();
  hand.write(inBundle('STOP.TXT'), '');
  await pc.startAgent();
  expect(await fleet.runEnd(second.id)).toMatchObject({ state: 'succeeded', jobId: job.id });
  expect(hand.read(inBundle('STARTS.TXT'))).toBe('xx');
}, 90_000);

test('a run that is abandoned frees its machine, and what it left there is cleared away first', async () => {
  const scene = await lossyFleet();
  await using fleet = scene.fleet;
  const { pc, hand, cable, lose, running, inBundle } = scene;
  const first = await running();
  await expect(fleet.operations.abandonRun(first.id)).rejects.toMatchObject({ code: 'RUN_NOT_LOST' });
  await lose(first.id);
  const closed = await fleet.operations.abandonRun(first.id);
  expect(closed).toMatchObject({ state: 'failed', code: 'ABANDONED' });
  expect(closed.text).toMatch(/^1 2 3 /);
  await expect(fleet.operations.abandonRun(first.id)).rejects.toMatchObject({ code: 'ALREADY_ENDED' });
  await expect(fleet.operations.abandonRun(999)).rejects.toMatchObject({ code: 'NOT_FOUND' });

  // Its program still runs: it is killed before the next one starts.
  await cable.plug();
  const second = await running();
  expect(isGone(first.pid)).toBe(true);
  expect(hand.names('OUT')).toEqual([`${second.jobId}.LOG`, `${second.jobId}.TMP`]);
  expect(await fleet.store.runs.get(first.id)).toEqual(closed);

  // Its program has ended by itself, and its END comes too late.
  await lose(second.id);
  await fleet.operations.abandonRun(second.id);
  hand.write(inBundle('STOP.TXT'), '');
  await waitFor('its END', () => hand.has(`OUT/${second.jobId}.END`));
  await pc.stopAgent();
  await cable.plug();
  const third = await fleet.startRun('loop', 'old');
  const job = await hand.seeJob();
  expect(hand.names('OUT')).toEqual([]);

  // Nobody took its job: it is taken back.
  await lose(third.id);
  await fleet.operations.abandonRun(third.id);
  await cable.plug();
  const fourth = await fleet.startRun('loop', 'old');
  await waitFor('another job', async () => (await hand.seeJob()).id !== job.id);
  expect(hand.names('IN')).toHaveLength(1);
  await pc.startAgent();
  expect((await fleet.runEnd(fourth.id)).state).toBe('succeeded');
  expect(hand.read(inBundle('STARTS.TXT'))).toBe('xxx');
}, 120_000);

test('a log under the name of an abandoned run goes with what it left only if it is its own', async () => {
  const scene = await lossyFleet();
  await using fleet = scene.fleet;
  const { pc, hand, cable, lose } = scene;
  await pc.stopAgent();
  for (const isOwn of [true, false]) {
    const { id } = await fleet.startRun('loop', 'old');
    const job = await hand.claim();
    await lose(id);
    const log = `OUT/${job.id}.LOG`;
    // Nobody has looked at it when the run is given up.
    hand.write(log, hand.head(isOwn ? job : { ...job, token: 'F'.repeat(16) }) + hand.record('late'));
    hand.finish(job, hand.end(job, 'exited'));
    await fleet.operations.abandonRun(id);
    await cable.plug();
    const next = await fleet.startRun('loop', 'old');
    const nextJob = await hand.claim();
    expect(hand.has(log)).toBe(!isOwn);
    expect(hand.has(`OUT/${job.id}.END`)).toBe(false);
    hand.write(`OUT/${nextJob.id}.LOG`, hand.head(nextJob));
    hand.finish(nextJob, hand.end(nextJob, 'exited'));
    await fleet.runEnd(next.id);
  }
}, 60_000);

test('a run that does not stop because its agent is gone can be abandoned', async () => {
  const scene = await lossyFleet();
  await using fleet = scene.fleet;
  await scene.pc.stopAgent();
  const { id } = await fleet.startRun('loop', 'old');
  await scene.hand.claim();
  await fleet.runWhen(id, 'running', (run) => run.state === 'running');
  await fleet.operations.cancelRun(id);
  await fleet.runWhen(id, 'canceling', (run) => run.state === 'canceling');
  expect(await fleet.operations.abandonRun(id)).toMatchObject({ state: 'failed', code: 'ABANDONED' });
}, 60_000);
