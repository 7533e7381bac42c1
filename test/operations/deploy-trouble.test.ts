import { existsSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TargetState } from '../../src/domain/deployment.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { TestClock } from '../support/test-clock.ts';
import { quickSettings, TestFleet } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait-for.ts';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const big = { 'BIG.BIN': new Uint8Array(400_000).fill(7) };
const files = { 'A.TXT': text('a'), 'B.TXT': text('b'), 'C.TXT': text('c') };

const inSpool = (fleet: TestFleet, ...names: string[]): string =>
  join(fleet.folder, 'old', 'FLEET98', ...names);
const listed = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);

async function begin(fleet: TestFleet, bundle: string): Promise<number> {
  const machines = { names: ['old'] };
  return (await fleet.operations.deploy({ bundle, machines, requestedBy: 'test' })).deployment.id;
}

async function targetOf(fleet: TestFleet, deploymentId: number) {
  const [target] = await fleet.store.deployments.targets(deploymentId);
  if (!target) throw new Error('the deployment has no target');
  return target;
}

const reached = (fleet: TestFleet, id: number, state: TargetState) =>
  waitFor(`deployment ${id} to be ${state}`, async () => {
    const target = await targetOf(fleet, id);
    return target.state === state && target;
  });

const stopAgent = async (fleet: TestFleet) => fleet.pcs[0]?.stopAgent();

describe('a cancel', () => {
  interface Row {
    readonly state: TargetState;
    /** Before the deployment begins, so that it stays in that state for a while. */
    readonly slow: (fleet: TestFleet) => Promise<void> | void;
    readonly bundle?: 'big' | 'files';
    readonly placedBefore?: boolean;
  }
  const rows: readonly Row[] = [
    { state: 'queued', slow: async (fleet) => void (await fleet.operations.holdMachine('old', true)) },
    { state: 'preflight', slow: stopAgent, placedBefore: true },
    {
      state: 'transferring',
      slow: (fleet) => fleet.pcs[0]?.turn({ rateBytesPerSecond: 150_000 }),
      bundle: 'big',
    },
    { state: 'verifying', slow: (fleet) => fleet.pcs[0]?.turn({ replyDelayMs: 100 }) },
    { state: 'placing', slow: stopAgent },
    { state: 'waiting', slow: async (fleet) => fleet.cables[0]?.pull() },
  ];
  test.each(rows)('of a target that is $state leaves nothing on the machine', async (row) => {
    await using fleet = await TestFleet.start();
    await fleet.addPc('old');
    const { folder } = await fleet.addBundle('files', files);
    await fleet.addBundle('big', big);
    if (row.placedBefore) await fleet.deploy('files', ['old']);
    const before = listed(inSpool(fleet, folder));
    await row.slow(fleet);
    const id = await begin(fleet, row.bundle ?? 'files');
    await reached(fleet, id, row.state);
    await fleet.operations.cancelDeployment(id);
    fleet.pcs[0]?.turn({ replyDelayMs: 0, rateBytesPerSecond: 0 });
    await reached(fleet, id, 'canceled');
    await waitFor('a tidy spool', () =>
      ['IN', 'RUN', 'OUT', 'STAGE'].every((name) => listed(inSpool(fleet, name)).length === 0),
    );
    expect(listed(inSpool(fleet, folder))).toEqual(before);
    await waitFor('a free lane', async () => (await fleet.store.lanes.all()).length === 0);
    await expect(fleet.operations.cancelDeployment(id)).rejects.toMatchObject({ code: 'ALREADY_ENDED' });
  });

  test('leaves the bytes that another deployment goes on with', async () => {
    await using fleet = await TestFleet.start();
    const pc = await fleet.addPc('old');
    const { files: listedFiles } = await fleet.addBundle('big', big);
    pc.turn({ rateBytesPerSecond: 200_000 });
    const first = await begin(fleet, 'big');
    const stage = inSpool(fleet, 'STAGE');
    const bytes = (): number => {
      const [name] = listed(stage);
      return name === undefined ? 0 : statSync(join(stage, name)).size;
    };
    await waitFor('the first bytes', () => bytes() > 50_000);
    const second = await begin(fleet, 'big');
    let resumedFrom = 0;
    fleet.operations.events.subscribe((event) => {
      if (event.type === 'target' && event.deploymentId === second && event.state === 'preflight') {
        resumedFrom = bytes();
      }
    });
    await fleet.operations.cancelDeployment(first);
    pc.turn({ rateBytesPerSecond: 0 });
    await reached(fleet, second, 'done');
    expect(resumedFrom).toBeGreaterThan(50_000);
    expect(listedFiles).toHaveLength(1);
    await waitFor('a tidy stage', () => listed(stage).length === 0);
  });
});

function writeInfo(fleet: TestFleet, pattern: RegExp, becomes: string): void {
  const info = inSpool(fleet, 'AGENT.NFO');
  writeFileSync(info, readFileSync(info, 'latin1').replace(pattern, becomes));
}

/** An agent that ends every job as done and never rewrites its NFO. */
function answerJobs(fleet: TestFleet): NodeJS.Timeout {
  return setInterval(() => {
    for (const name of listed(inSpool(fleet, 'IN')).filter((one) => one.endsWith('.JOB'))) {
      const job = readFileSync(inSpool(fleet, 'IN', name), 'latin1');
      const mark = /id=.*\r\ntoken=.*\r\ndaemon=.*\r\n/.exec(job)?.[0] ?? '';
      rmSync(inSpool(fleet, 'IN', name));
      const end = inSpool(fleet, 'OUT', name.replace('.JOB', ''));
      writeFileSync(`${end}.TMP`, `v=1\r\n${mark}kind=probe\r\nreason=done\r\neof=1\r\n`);
      renameSync(`${end}.TMP`, `${end}.END`);
    }
  }, 20);
}

describe('a full disk', () => {
  test('in mid-transfer fails the target with a clear detail, and what was sent is removed', async () => {
    await using fleet = await TestFleet.start();
    const pc = await fleet.addPc('old');
    await fleet.addBundle('big', { ...files, ...big });
    pc.turn({ diskKb: 200 });
    const [target] = await fleet.deploy('big', ['old']);
    expect(target).toMatchObject({ state: 'failed', code: 'DISK_FULL', attempts: 0 });
    expect(target?.detail).toMatch(/^BIG\.BIN \(400000 bytes\) does not fit on the disk of old: /);
    await waitFor('an empty stage', () => listed(inSpool(fleet, 'STAGE')).length === 0);
    pc.turn({ diskKb: 0 });
    expect(await fleet.deploy('big', ['old'])).toMatchObject([{ state: 'done' }]);
  });

  test('is told before a byte is sent, from what the agent says now', async () => {
    await using fleet = await TestFleet.start();
    const pc = await fleet.addPc('old');
    await fleet.addBundle('big', big);
    await fleet.addBundle('files', { 'A.TXT': text('a') });
    await pc.stopAgent();
    writeInfo(fleet, /disk_free_kb=\d+/, 'disk_free_kb=1300');
    const quietAgent = answerJobs(fleet);
    expect(await fleet.deploy('big', ['old'])).toMatchObject([
      { state: 'incompatible', code: 'DISK_TOO_SMALL', bytesSent: 0, bytesTotal: 0 },
    ]);
    expect(listed(inSpool(fleet, 'STAGE'))).toEqual([]);
    clearInterval(quietAgent);
    await pc.startAgent();
    // An NFO from a fuller day: the agent is asked again before it is believed.
    writeInfo(fleet, /disk_free_kb=\d+/, 'disk_free_kb=1');
    expect(await fleet.deploy('files', ['old'])).toMatchObject([{ state: 'done' }]);
  });
});

test('a machine that stays away is given up, with the last reason', async () => {
  const deploy = { ...quickSettings.deploy, giveUpMs: 400 };
  await using fleet = await TestFleet.start({ ...quickSettings, deploy });
  await fleet.addPc('old');
  await fleet.addBundle('files', files);
  await fleet.cables[0]?.pull();
  const [target] = await fleet.deploy('files', ['old']);
  expect(target).toMatchObject({ state: 'failed', code: 'GAVE_UP' });
  expect(target?.detail).toContain('the last reason was CONNECT_REFUSED');
});

test('a machine on hold is waited for, however long: only tries that fail and their pauses count', async () => {
  const clock = new TestClock();
  await using fleet = new TestFleet();
  fleet.clock = clock;
  await fleet.startDaemon();
  await fleet.addPc('old');
  await fleet.addBundle('files', files);
  await fleet.addBundle('big', big);
  await fleet.cables[0]?.pull();
  const tried = await begin(fleet, 'files');
  await reached(fleet, tried, 'waiting');
  await fleet.operations.holdMachine('old', true);
  await waitFor('no try under way', async () => (await fleet.store.lanes.all()).length === 0);
  const untried = await begin(fleet, 'big');
  const week = 7 * 86_400_000;
  clock.wallOffsetMs += week;
  clock.monotonicOffsetMs += week;
  await fleet.cables[0]?.plug();
  await fleet.operations.holdMachine('old', false);
  for (const id of [tried, untried]) {
    expect((await reached(fleet, id, 'done')).waitedMs).toBeLessThan(quickSettings.deploy.giveUpMs);
  }
});

test.each([
  ['back', -1],
  ['ahead', 1],
])('a clock that jumps %s by a year neither delays a deployment nor gives it up', async (_where, years) => {
  let offsetMs = 0;
  const clock: Clock = { ...systemClock, nowMs: () => Date.now() + offsetMs };
  const fleetWithClock = new TestFleet();
  fleetWithClock.clock = clock;
  await fleetWithClock.startDaemon();
  await using fleet = fleetWithClock;
  await fleet.addPc('old');
  await fleet.addBundle('files', files);
  await fleet.cables[0]?.pull();
  const id = await begin(fleet, 'files');
  await reached(fleet, id, 'waiting');
  offsetMs = years * 365 * 86_400_000;
  await waitFor('a try after the jump', async () => (await targetOf(fleet, id)).attempts >= 4);
  await fleet.cables[0]?.plug();
  expect((await reached(fleet, id, 'done')).code).toBeUndefined();
});

test('a target says why it waits: the hold, or who has the machine', async () => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('old');
  const loop = { 'GO.JS': text('setInterval(() => {}, 1000)') };
  await fleet.addBundle('loop', loop, { program: 'node', args: ['GO.JS'], keep: [] });
  await fleet.addBundle('files', files);
  await fleet.deploy('loop', ['old']);
  const run = await fleet.startRun('loop', 'old');
  await fleet.runWhen(run.id, 'running', ({ state }) => state === 'running');
  const id = await begin(fleet, 'files');
  const why = async () => [...(await fleet.store.deployments.obstacles(id)).values()];
  expect(await why()).toEqual([{ code: 'MACHINE_BUSY', detail: `run:${run.id} has old now` }]);
  await fleet.operations.holdMachine('old', true);
  expect(await why()).toEqual([{ code: 'MACHINE_HELD', detail: 'old is on hold' }]);
  await fleet.operations.cancelRun(run.id);
  await fleet.runEnd(run.id);
  await fleet.operations.holdMachine('old', false);
  await reached(fleet, id, 'done');
  expect(await why()).toEqual([]);
});

test('a place job that waits over a restart of the daemon is settled, and the bundle placed once', async () => {
  await using fleet = await TestFleet.start();
  const pc = await fleet.addPc('old');
  await fleet.addBundle('files', files);
  await pc.stopAgent();
  const id = await begin(fleet, 'files');
  await waitFor('the job', () => listed(inSpool(fleet, 'IN')).some((name) => name.endsWith('.JOB')));
  await fleet.stopDaemon();
  await pc.startAgent();
  await waitFor('its end', () => listed(inSpool(fleet, 'OUT')).some((name) => name.endsWith('.END')));
  await fleet.startDaemon();
  expect(await reached(fleet, id, 'done')).toMatchObject({ attempts: 0, proof: 'agent-crc' });
  for (const name of ['IN', 'RUN', 'OUT', 'STAGE']) expect(listed(inSpool(fleet, name))).toEqual([]);
});

test('a file that was to be copied from another version and is not what it was is sent', async () => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('old');
  const one = await fleet.addBundle('app', files);
  await fleet.deploy('app', ['old']);
  writeFileSync(inSpool(fleet, one.folder, 'A.TXT'), 'x');
  const two = await fleet.addBundle('app', { ...files, 'D.TXT': text('d') });
  expect(await fleet.deploy('app', ['old'])).toMatchObject([{ state: 'done', attempts: 1 }]);
  expect(readFileSync(inSpool(fleet, two.folder, 'A.TXT'), 'utf8')).toBe('a');
  expect((await fleet.store.placements.listFor((await targetOf(fleet, 1)).machineId))[0]?.verified).toBe(
    false,
  );
});
