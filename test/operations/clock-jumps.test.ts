import { expect, test } from 'vitest';
import { TestClock } from '../support/test-clock.ts';
import { TestFleet } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait-for.ts';

const YEAR_MS = 365 * 24 * 3_600_000;
const program = new TextEncoder().encode(`
  let n = 0;
  const timer = setInterval(() => {
    process.stdout.write((n += 1) + ' ');
    if (n === 100) { clearInterval(timer); process.stdout.write('over'); }
  }, 20);
`);

test.each([
  ['ahead', YEAR_MS],
  ['back', -YEAR_MS],
])(
  'the daemon’s clock jumps a year %s: nothing is lost, given up, or out of order',
  async (_, jumpMs) => {
    const clock = new TestClock();
    await using fleet = new TestFleet();
    fleet.clock = clock;
    await fleet.startDaemon();
    await fleet.addPc('old');
    await fleet.addPc('off');
    await fleet.addBundle(
      'count',
      { 'COUNT.JS': program },
      { program: 'node', args: ['COUNT.JS'], keep: [] },
    );
    await fleet.deploy('count', ['old']);
    const [cable, offCable] = fleet.cables;
    await offCable?.pull();
    const machines = { names: ['off'] };
    const { deployment } = await fleet.operations.deploy({ bundle: 'count', machines, requestedBy: 'test' });
    const target = () => fleet.store.deployments.targets(deployment.id).then((targets) => targets[0]);
    await waitFor('a first try', async () => ((await target())?.attempts ?? 0) >= 1);

    const first = await fleet.startRun('count', 'old');
    await waitFor('some log', async () => (await fleet.store.runLogs.end(first.id)) > 100);
    clock.wallOffsetMs = jumpMs;
    const second = await fleet.startRun('count', 'old');
    const third = await fleet.startRun('count', 'old');
    await cable?.pull();
    await fleet.runWhen(first.id, 'trouble', (run) => run.code === 'CONNECT_REFUSED');
    expect((await fleet.store.runs.get(first.id))?.state).toBe('running');
    expect((await fleet.store.machines.findByName('old'))?.health).toBe('late');
    await cable?.plug();

    const tries = (await target())?.attempts ?? 0;
    await waitFor('two more tries', async () => ((await target())?.attempts ?? 0) >= tries + 2);
    await offCable?.plug();
    await waitFor('the deployment', async () => (await target())?.state === 'done');
    expect(await fleet.runEnd(first.id)).toMatchObject({ state: 'succeeded', flags: [] });
    expect((await fleet.store.machines.findByName('old'))?.health).toBe('good');
    const ended = [await fleet.runEnd(second.id), await fleet.runEnd(third.id)];
    expect(ended.map((run) => run.state)).toEqual(['succeeded', 'succeeded']);
    const [a, b] = ended;
    expect(b?.startedAtMs ?? 0).toBeGreaterThanOrEqual(a?.endedAtMs ?? Number.POSITIVE_INFINITY);
  },
  60_000,
);
