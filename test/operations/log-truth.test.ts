import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Run } from '../../src/domain/run.ts';
import { HandAgent } from '../support/hand-agent.ts';
import type { TakenJob } from '../support/hand-agent.ts';
import { TestFleet } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait-for.ts';
import { WatchedCable } from '../support/watched-cable.ts';

/** A fleet of one machine whose agent is the test's hand. */
async function handFleet(): Promise<{ fleet: TestFleet; hand: HandAgent }> {
  const fleet = await TestFleet.start();
  const pc = await fleet.addPc('old');
  await fleet.addBundle('go', { 'GO.JS': new TextEncoder().encode('1') }, goCommand);
  await fleet.deploy('go', ['old']);
  await pc.stopAgent();
  return { fleet, hand: new HandAgent(join(pc.diskFolder, 'FLEET98')) };
}

const goCommand = { program: 'node', args: ['GO.JS'], keep: ['NOTE.TXT'] };
const stored = async (fleet: TestFleet, run: Run): Promise<string> =>
  Buffer.from(await fleet.store.runLogs.read(run.id, 0, 10_000_000)).toString('latin1');
const isStored = (fleet: TestFleet, run: Run, bytes: number) =>
  waitFor(`${bytes} bytes of log`, async () => (await fleet.store.runLogs.end(run.id)) === bytes);

interface Scene {
  readonly fleet: TestFleet;
  readonly hand: HandAgent;
  readonly run: Run;
  readonly job: TakenJob;
  readonly log: string;
}

/** What the machine does after the daemon has taken in a log of two records, and what must come of it. */
const rows: readonly [
  title: string,
  act: (scene: Scene) => Promise<void> | void,
  expected: Partial<Run>,
  check: (scene: Scene, ended: Run) => Promise<void>,
][] = [
  [
    'a log that lost its end: what is committed wins',
    ({ hand, job, log }) => {
      hand.write(log, readFileSync(hand.path(log)).subarray(0, 60));
      hand.finish(job, hand.end(job, 'agent-restarted'));
    },
    { state: 'failed', code: 'AGENT_RESTARTED', flags: ['machine-lost-log'], text: 'one two ' },
    async ({ fleet, run }) => expect(await fleet.store.runs.files(run.id)).toEqual([]),
  ],
  [
    'a log that is gone as a whole: what is committed wins',
    ({ hand, job, log }) => {
      hand.remove(log);
      hand.finish(job, hand.end(job, 'agent-restarted', ['log_bytes=0', 'log_crc32=00000000']));
    },
    { state: 'failed', code: 'AGENT_RESTARTED', flags: ['machine-lost-log'], text: 'one two ' },
    async ({ fleet, run }) => expect(await fleet.store.runs.files(run.id)).toEqual([]),
  ],
  [
    'a log that lost its end and got other bytes: both are kept',
    async ({ fleet, hand, run, job, log }) => {
      const whole = readFileSync(hand.path(log));
      hand.write(log, whole.subarray(0, 60));
      await fleet.runWhen(run.id, 'the flag', ({ flags }) => flags.includes('machine-lost-log'));
      hand.append(log, Buffer.alloc(200, 0x7a));
      await fleet.runWhen(run.id, 'the other flag', ({ flags }) => flags.includes('log-conflict'));
      hand.finish(job, hand.end(job, 'exited'));
    },
    { state: 'succeeded', flags: ['machine-lost-log', 'log-conflict'], text: 'one two ' },
    async ({ fleet, run }) => {
      const machines = await fleet.store.runs.file(run.id, 'machine.log');
      expect(Buffer.from(machines ?? []).toString('latin1')).toMatch(/z{200}$/);
    },
  ],
  [
    'a log that shrank for a moment only: nothing is lost or doubled',
    async ({ fleet, hand, run, job, log }) => {
      const whole = readFileSync(hand.path(log));
      hand.write(log, whole.subarray(0, 60));
      await fleet.runWhen(run.id, 'the flag', ({ flags }) => flags.includes('machine-lost-log'));
      hand.write(log, `${whole.toString('latin1')}${hand.record('three')}`);
      await isStored(fleet, run, whole.length + hand.record('three').length);
      hand.finish(job, hand.end(job, 'exited'));
    },
    { state: 'succeeded', flags: ['machine-lost-log'], text: 'one two three' },
    async () => {},
  ],
  [
    'a log with another beginning: both are kept',
    ({ hand, job, log }) => {
      hand.write(log, readFileSync(hand.path(log), 'latin1').replace('one ', 'ONE '));
      hand.finish(job, hand.end(job, 'exited'));
    },
    { state: 'succeeded', flags: ['log-conflict'], text: 'one two ' },
    async ({ fleet, run }) => {
      const machines = await fleet.store.runs.file(run.id, 'machine.log');
      expect(Buffer.from(machines ?? []).toString('latin1')).toContain('ONE ');
    },
  ],
  [
    'a log longer than END says: END’s part is taken, and both are kept',
    ({ hand, job, log }) => {
      const end = hand.end(job, 'exited');
      hand.append(log, hand.record('after the end'));
      hand.finish(job, end);
    },
    { state: 'succeeded' },
    async ({ fleet, run }) => expect((await stored(fleet, run)).match(/#fleet98/g)).toHaveLength(1),
  ],
  [
    'a log shorter than END says',
    ({ hand, job }) => hand.finish(job, hand.end(job, 'exited', ['log_bytes=5000', 'log_crc32=00000000'])),
    { state: 'succeeded', flags: ['machine-lost-log'], text: 'one two ' },
    async () => {},
  ],
  [
    'an END whose kept file is not there, or too large',
    ({ hand, job }) => {
      hand.write(`OUT/${job.id}.K3`, Buffer.alloc(2_000_000));
      const kept = ['keep=NOTE.TXT,2,5,00000000', 'keep=HUGE.TXT,3,9,00000000'];
      hand.finish(job, hand.end(job, 'exited', kept));
    },
    { state: 'succeeded', flags: [] },
    async ({ fleet, run }) => expect(await fleet.store.runs.files(run.id)).toEqual([]),
  ],
  [
    'an END of nonsense',
    ({ hand, job }) => hand.finish(job, hand.end(job, 'exited', ['exit=eleven'])),
    { state: 'failed', code: 'SPOOL_DAMAGED', text: 'one two ' },
    async ({ fleet, run }, ended) => {
      expect(ended.detail).toMatch(/^OUT\/[0-9A-F]{8}\.END makes no sense: 'exit' is missing or wrong$/);
      const bytes = await fleet.store.runs.file(run.id, 'damaged.end');
      expect(Buffer.from(bytes ?? []).toString()).toContain('exit=eleven');
    },
  ],
  [
    'an END that is cut',
    ({ hand, job }) => hand.finish(job, hand.end(job, 'exited').slice(0, 50)),
    { state: 'failed', code: 'SPOOL_DAMAGED' },
    async (_, ended) => expect(ended.detail).toMatch(/is cut: its last line is missing$/),
  ],
  [
    'an END of five megabytes',
    ({ hand, job }) => hand.finish(job, Buffer.alloc(5_000_000, 0x41)),
    { state: 'failed', code: 'SPOOL_DAMAGED' },
    async (_, ended) => expect(ended.detail).toMatch(/has 5000000 bytes, more than an END can have$/),
  ],
  [
    'an END of another job is used by nobody and stays',
    ({ hand, job }) => {
      const other = { ...job, token: 'F'.repeat(16) };
      hand.finish(job, hand.end(other, 'exited'));
    },
    { state: 'failed', code: 'SPOOL_DAMAGED' },
    async ({ hand, job }, ended) => {
      expect(ended.detail).toMatch(/is the end of another job$/);
      expect(hand.has(`OUT/${job.id}.END`)).toBe(true);
      hand.remove(`OUT/${job.id}.END`);
      hand.remove(`OUT/${job.id}.LOG`);
    },
  ],
  [
    'an NFO of nonsense and of five megabytes while the run is on, over a broken link',
    async ({ fleet, hand, run, job, log }) => {
      const info = readFileSync(hand.path('AGENT.NFO'));
      hand.write('AGENT.NFO', Buffer.alloc(5_000_000, 0x41));
      await fleet.cables[0]?.pull();
      await fleet.runWhen(run.id, 'trouble', ({ code }) => code !== undefined);
      await fleet.cables[0]?.plug();
      hand.append(log, hand.record('three'));
      await waitFor('the third record', async () => (await stored(fleet, run)).includes('three'));
      hand.finish(job, hand.end(job, 'exited'));
      await fleet.runEnd(run.id);
      hand.write('AGENT.NFO', info);
    },
    { state: 'succeeded', flags: [], text: 'one two three' },
    async () => {},
  ],
];

test('whatever a machine says of a run, no byte is lost or doubled, and the run ends', async () => {
  const { fleet: made, hand } = await handFleet();
  await using fleet = made;
  for (const [title, act, expected, check] of rows) {
    const run = await fleet.startRun('go', 'old');
    const job = await hand.claim();
    const log = `OUT/${job.id}.LOG`;
    const text = `${hand.head(job)}${hand.record('one ')}${hand.record('two ')}`;
    hand.write(log, text);
    await isStored(fleet, run, text.length);
    const scene = { fleet, hand, run, job, log };
    await act(scene);
    const ended = await fleet.runEnd(run.id);
    expect({ title, ...ended }).toMatchObject({ title, ...expected });
    expect((await stored(fleet, run)).startsWith(text), title).toBe(true);
    await check(scene, ended);
  }
}, 120_000);

describe('a log', () => {
  test('of many megabytes is taken in pieces; one without an end is cut at its limit', async () => {
    const { fleet: made, hand } = await handFleet();
    await using fleet = made;
    const limits = { logMaxBytes: 6_000_000 };
    const machines = { names: ['old'] };
    const request = { bundle: 'go', machines, parameters: {}, deploy: false, requestedBy: 'test' };
    const [run] = await fleet.operations.run({ ...request, limits });
    if (!run) throw new Error('no run');
    const job = await hand.claim();
    const piece = hand.record('x'.repeat(4_000));
    const text = hand.head(job) + piece.repeat(1_450);
    hand.write(`OUT/${job.id}.LOG`, text);
    await isStored(fleet, run, text.length);
    // Nobody honest writes on here.
    hand.append(`OUT/${job.id}.LOG`, piece.repeat(500));
    await fleet.runWhen(run.id, 'the cut', ({ flags }) => flags.includes('log-cut'));
    expect(await fleet.store.runLogs.end(run.id)).toBe(6_000_000 + 65_536);
    hand.finish(job, hand.end(job, 'exited'));
    const ended = await fleet.runEnd(run.id);
    expect(ended.state).toBe('succeeded');
    expect(ended.flags).toContain('log-cut');
  }, 60_000);

  test('with another token is foreign: not read, not removed, and the run ends by its END', async () => {
    const { fleet: made, hand } = await handFleet();
    await using fleet = made;
    const run = await fleet.startRun('go', 'old');
    const job = await hand.claim();
    const log = `OUT/${job.id}.LOG`;
    hand.write(log, hand.head({ ...job, token: '0'.repeat(16) }) + hand.record('not yours'));
    await fleet.runWhen(run.id, 'running', ({ state }) => state === 'running');
    hand.finish(job, hand.end(job, 'exited', ['log_bytes=0', 'log_crc32=00000000']));
    expect(await fleet.runEnd(run.id)).toMatchObject({ state: 'succeeded', flags: [] });
    expect(await fleet.store.runLogs.end(run.id)).toBe(0);
    await waitFor('the END to go', () => !hand.has(`OUT/${job.id}.END`));
    expect(readFileSync(hand.path(log), 'latin1')).toContain('not yours');
    writeFileSync(hand.path(log), '');
  }, 60_000);

  test('with another token is left alone also when nobody looked at it before the END', async () => {
    const { fleet: made, hand } = await handFleet();
    await using fleet = made;
    const cable = await WatchedCable.to(fleet.pcs[0]?.port ?? 0);
    await fleet.operations.changeMachine('old', { port: cable.port });
    const run = await fleet.startRun('go', 'old');
    const job = await hand.claim();
    const log = `OUT/${job.id}.LOG`;
    cable.onCommand = (command) => {
      // After the daemon looked for the log, and before it looks for the END.
      if (!command.endsWith(`${job.id}.END`)) return;
      cable.onCommand = () => {};
      hand.write(log, hand.head({ ...job, token: '0'.repeat(16) }) + hand.record('not yours'));
      hand.finish(job, hand.end(job, 'exited', ['log_bytes=0', 'log_crc32=00000000']));
    };
    expect(await fleet.runEnd(run.id)).toMatchObject({ state: 'succeeded', flags: [] });
    await waitFor('the END to go', () => !hand.has(`OUT/${job.id}.END`));
    expect(readFileSync(hand.path(log), 'latin1')).toContain('not yours');
    await fleet.stopDaemon();
    await cable.close();
  }, 60_000);
});
