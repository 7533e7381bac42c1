import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { HandAgent } from '../support/hand-agent.ts';
import { TestClock } from '../support/test-clock.ts';
import { TestFleet } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait-for.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const loop = encode('setInterval(() => process.stdout.write("tick "), 20)');
const quick = encode('require("node:fs").appendFileSync("STARTS.TXT", "x"); process.stdout.write("done")');
const command = (file: string) => ({ program: 'node', args: [file], keep: [] });

const handOf = (fleet: TestFleet, index = 0): HandAgent =>
  new HandAgent(join(fleet.pcs[index]?.diskFolder ?? '', 'FLEET98'));

/** Registers a machine of `owner` with another daemon under the same name. */
async function shareMachine(owner: TestFleet, other: TestFleet): Promise<void> {
  const [pc] = owner.pcs;
  const [cable] = owner.cables;
  if (!pc || !cable) throw new Error('no machine to share');
  const { host, user, password } = pc;
  const input = { name: 'old', host, port: cable.port, user, password, labels: {} };
  await other.operations.registerMachine(input);
}

test('a daemon whose data was lost meets its machines as a stranger, and leaves what lies there alone', async () => {
  await using first = await TestFleet.start();
  const pc = await first.addPc('old');
  await first.addBundle('quick', { 'QUICK.JS': quick }, command('QUICK.JS'));
  await first.deploy('quick', ['old']);
  await pc.stopAgent();
  const { id } = await first.startRun('quick', 'old');
  const hand = handOf(first);
  const job = await hand.claim();
  hand.write(`OUT/${job.id}.LOG`, hand.head(job) + hand.record('done'));
  await first.runWhen(id, 'running', (run) => run.state === 'running');
  await first.stopDaemon();
  hand.finish(job, hand.end(job, 'exited'));
  await pc.startAgent();
  const before = ['LOG', 'END'].map((kind) => hand.read(`OUT/${job.id}.${kind}`));

  await using second = await TestFleet.start();
  await shareMachine(first, second);
  const probe = (adopt: boolean) => second.operations.probeMachine('old', { adopt });
  await expect(probe(false)).rejects.toMatchObject({ code: 'MACHINE_OWNED' });
  const adopted = await probe(true);
  expect(adopted.server?.foreignFiles).toEqual([`OUT/${job.id}.END`, `OUT/${job.id}.LOG`]);
  const { advice } = await second.operations.explainMachine('old');
  expect(advice.join()).toContain(`OUT/${job.id}.END`);
  await second.addBundle('quick', { 'QUICK.JS': quick }, command('QUICK.JS'));
  await second.deploy('quick', ['old']);
  expect((await second.runEnd((await second.startRun('quick', 'old')).id)).state).toBe('succeeded');
  expect(['LOG', 'END'].map((kind) => hand.read(`OUT/${job.id}.${kind}`))).toEqual(before);
  await first.startDaemon();
}, 60_000);

test('a daemon whose machine is adopted by another in mid-run stops touching it and says so', async () => {
  await using first = new TestFleet();
  const clock = new TestClock();
  first.clock = clock;
  await first.startDaemon();
  await first.addPc('old');
  await first.addBundle('loop', { 'LOOP.JS': loop }, command('LOOP.JS'));
  await first.deploy('loop', ['old']);
  const { id } = await first.startRun('loop', 'old');
  await waitFor('some log', async () => (await first.store.runLogs.end(id)) > 150);
  const { jobId } = await first.runWhen(id, 'its job', (run) => run.jobId !== undefined);

  await using second = await TestFleet.start();
  await shareMachine(first, second);
  await second.operations.probeMachine('old', { adopt: true });
  const hand = handOf(first);
  clock.monotonicOffsetMs += 60_000;
  const lost = await first.runWhen(id, 'the loss', (run) => run.state === 'lost');
  expect(lost).toMatchObject({ code: 'MACHINE_OWNED' });
  expect(lost.detail).toBe(`old is used by another daemon (id ${second.store.daemonId})`);
  expect((await first.store.machines.findByName('old'))?.health).toBe('suspect');
  expect(hand.has(`RUN/${jobId}.RUN`)).toBe(true);

  // Neither a cancel nor another run nor a deployment of the first touches it now.
  await first.operations.cancelRun(id);
  const owner = hand.read('OWNER.TXT');
  expect(await first.operations.abandonRun(id)).toMatchObject({ code: 'ABANDONED' });
  const next = await first.runEnd((await first.startRun('loop', 'old')).id);
  expect(next).toMatchObject({ state: 'failed', code: 'MACHINE_OWNED' });
  expect(await first.deploy('loop', ['old'])).toMatchObject([{ state: 'failed', code: 'MACHINE_OWNED' }]);
  expect([hand.read('OWNER.TXT'), hand.names('IN')]).toEqual([owner, []]);
  expect(hand.has(`RUN/${jobId}.RUN`)).toBe(true);
}, 60_000);

test('after a restore nothing that may have been done since is done again', async () => {
  await using fleet = await TestFleet.start();
  const pc = await fleet.addPc('old');
  const other = await fleet.addPc('other');
  const bundle = await fleet.addBundle('quick', { 'QUICK.JS': quick }, command('QUICK.JS'));
  await fleet.deploy('quick', ['old', 'other']);
  const hand = handOf(fleet);
  const otherHand = handOf(fleet, 1);
  await pc.stopAgent();
  await other.stopAgent();
  const done = await fleet.startRun('quick', 'old');
  const queued = await fleet.startRun('quick', 'old');
  const kept = await fleet.startRun('quick', 'other');
  await hand.seeJob();
  const keptJob = await otherHand.seeJob();
  const backup = await buffer(await fleet.store.backup(Date.now()));

  await pc.startAgent();
  for (const run of [done, queued]) expect((await fleet.runEnd(run.id)).state).toBe('succeeded');
  await waitFor('a clean machine', () => hand.names('OUT').length === 0);
  await fleet.store.stageRestore(Readable.from([backup]), Date.now());
  await fleet.stopDaemon();
  await fleet.startDaemon();
  const again = await fleet.runEnd(done.id);
  expect(again).toMatchObject({ state: 'failed', code: 'RESTORED', flags: ['restored'] });
  expect(again.detail).toMatch(/the machine has nothing of it any more$/);
  expect(await fleet.runEnd(queued.id)).toMatchObject({ state: 'canceled', code: 'RESTORED' });
  expect(hand.read(`${bundle.folder}/STARTS.TXT`)).toBe('xx');

  // What its machine still has is collected as ever.
  await other.startAgent();
  const collected = await fleet.runEnd(kept.id);
  expect(collected).toMatchObject({ state: 'succeeded', jobId: keptJob.id, text: 'done' });
  expect(otherHand.read(`${bundle.folder}/STARTS.TXT`)).toBe('x');
}, 90_000);
