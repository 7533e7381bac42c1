import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LogImport } from '../../src/operations/operations.ts';
import { encodeRunLog, exampleHeader } from '../spool/encode-run-log.ts';
import { HandAgent } from '../support/hand-agent.ts';
import { quickSettings, TestFleet } from '../support/test-fleet.ts';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const command = { program: 'node', args: [], keep: [] };
const story = 'Once upon a time\r\nachieved tok/s: 2.50\r\n';
const agentLog = (texts: readonly string[], header = exampleHeader) =>
  encodeRunLog(
    header,
    texts.map((text, index) => ({ atMs: 1000 + 400 * index, stream: 'out', bytes: latin1(text) })),
  );

/** A machine that nobody can reach, a bundle, and a person with a floppy disk. */
async function shed(settings = quickSettings) {
  const fleet = await TestFleet.start(settings);
  const { operations } = fleet;
  await operations.registerMachine({
    name: 'attic',
    transport: 'depot',
    password: 'x',
    port: 21,
    labels: {},
  });
  await fleet.addBundle('tale', { 'TALE.TXT': latin1('x') }, command);
  const bring = async (file: string | Uint8Array, more: Partial<LogImport> = {}) => {
    const source = (async function* () {
      yield typeof file === 'string' ? latin1(file) : file;
    })();
    const { artifact } = await operations.receiveArtifact('RUN.LOG', source, undefined);
    const asked = { log: artifact.sha256, parameters: {}, requestedBy: 'test', ...more };
    return operations.importRun(asked);
  };
  return { fleet, bring, here: { machine: 'attic', bundle: 'tale' } };
}

test('what a program printed becomes a run with the engine’s own figures, and no others', async () => {
  const { fleet, bring, here } = await shed();
  await using _ = fleet;
  const run = await bring(story, here);
  expect(run).toMatchObject({
    state: 'succeeded',
    machineName: 'attic',
    bundleName: 'tale',
    engine: 'llama2c',
    text: 'Once upon a time',
    flags: ['by-hand'],
    timing: { reportedTokensPerSecond: { value: 2.5, source: 'engine' } },
  });
  expect(Object.keys(run.timing ?? {})).toEqual(['reportedTokensPerSecond']);
  expect(run.end).toBeUndefined();
  expect(run.tokens).toBeUndefined();
  expect((await fleet.store.runs.list({ limit: 9 })).items).toHaveLength(1);
  expect(await fleet.store.lanes.all()).toEqual([]);

  expect(await bring(story, { ...here, exitCode: 0 })).toMatchObject({
    state: 'succeeded',
    end: { exitCode: 0 },
  });
  expect(await bring('Once upon', { ...here, exitCode: 3 })).toMatchObject({
    state: 'failed',
    code: 'ENGINE_FAILED',
    flags: ['by-hand'],
  });
});

test('a log of an agent keeps its times, and is taken once', async () => {
  const { fleet, bring, here } = await shed();
  await using _ = fleet;
  const log = agentLog(['Once', ' upon', ' a time']);
  expect(await bring(log, { ...here, exitCode: 0 })).toMatchObject({
    jobId: exampleHeader.id,
    tokens: 3,
    text: 'Once upon a time',
    timing: { intervalTokensPerSecond: { value: 2.5, source: 'agent', clock: exampleHeader.clock } },
  });
  await expect(bring(log, { ...here, exitCode: 0 })).rejects.toMatchObject({ code: 'ALREADY_ENDED' });
});

test('a lost run is closed by the LOG and END of its machine; others are not', async () => {
  const hasty = { ...quickSettings, run: { ...quickSettings.run, lostAfterMs: 200 } };
  const { fleet, bring } = await shed(hasty);
  await using _ = fleet;
  const pc = await fleet.addPc('old');
  await fleet.deploy('tale', ['old']);
  await pc.stopAgent();
  const hand = new HandAgent(join(pc.diskFolder, 'FLEET98'));
  const { id } = await fleet.startRun('tale', 'old');
  const job = await hand.claim();
  const path = `OUT/${job.id}.LOG`;
  hand.write(path, hand.head(job) + hand.record('Once', 1000));
  await fleet.runWhen(id, 'running', (run) => run.state === 'running');
  await expect(bring(latin1(hand.read(path)), { exitCode: 0 })).rejects.toMatchObject({
    code: 'RUN_NOT_LOST',
  });
  await expect.poll(() => fleet.store.runLogs.end(id)).toBeGreaterThan(50);
  await fleet.cables[0]?.pull();
  await fleet.runWhen(id, 'the loss', (run) => run.state === 'lost');
  hand.append(path, hand.record(' upon', 1500));
  const log = latin1(hand.read(path));
  const end = latin1(hand.end(job, 'exited', ['exit=0', 'wall_ms=1700']));

  const changed = latin1(hand.read(path).replace('Once', 'ONCE'));
  await expect(bring(changed, { exitCode: 0 })).rejects.toMatchObject({ code: 'LOG_REFUSED' });
  await expect(bring(log, { machine: 'attic', end })).rejects.toMatchObject({ code: 'LOG_REFUSED' });
  await expect(bring(log.subarray(0, -9), { end })).rejects.toMatchObject({ code: 'LOG_REFUSED' });
  expect((await fleet.store.runs.get(id))?.state).toBe('lost');

  expect(await bring(log, { end })).toMatchObject({
    id,
    state: 'succeeded',
    text: 'Once upon',
    flags: ['by-hand'],
    end: { exitCode: 0 },
    timing: { wallMs: { value: 1700 } },
  });
  await expect(bring(log, { end })).rejects.toMatchObject({ code: 'ALREADY_ENDED' });

  // When the machine is back, what it still has of the run is cleared away, and the next one comes through.
  hand.write(`OUT/${job.id}.END`, end);
  hand.remove(`RUN/${job.id}.RUN`);
  await fleet.cables[0]?.plug();
  const next = await fleet.startRun('tale', 'old');
  await expect.poll(() => hand.names('IN')).toHaveLength(1);
  expect(hand.names('OUT')).toEqual([]);
  expect((await fleet.store.runs.get(next.id))?.state).toBe('starting');
});

const end = (lines: string): Buffer =>
  latin1(
    `v=1\r\nid=${exampleHeader.id}\r\ntoken=${exampleHeader.token}\r\ndaemon=${exampleHeader.token}\r\n${lines}`,
  );

test.each<[string, string | Uint8Array, Partial<LogImport>, string]>([
  ['nothing', '', {}, 'LOG_REFUSED'],
  ['a first line that is cut', '#fleet98 1 0012ABCD', {}, 'LOG_REFUSED'],
  ['a first line of another kind', '#fleet98 2 what\n', {}, 'LOG_REFUSED'],
  [
    'a record that is damaged',
    Buffer.concat([agentLog(['a']), latin1('@x o 1\n')]),
    { exitCode: 0 },
    'LOG_REFUSED',
  ],
  ['a log of an agent without its END', agentLog(['a']), {}, 'LOG_REFUSED'],
  ['an END beside plain output', story, { end: end('kind=run\r\neof=1\r\n') }, 'LOG_REFUSED'],
  ['an END that is cut', agentLog(['a']), { end: end('kind=run\r\n') }, 'LOG_REFUSED'],
  [
    'the END of another kind of job',
    agentLog(['a']),
    { end: end('kind=place\r\nreason=done\r\neof=1\r\n') },
    'LOG_REFUSED',
  ],
  [
    'an END that counts more',
    agentLog(['a']),
    { end: end('kind=run\r\nreason=exited\r\nexit=0\r\nlog_bytes=4711\r\neof=1\r\n') },
    'LOG_REFUSED',
  ],
  [
    'an END with another sum',
    agentLog(['a']),
    { end: end('kind=run\r\nreason=exited\r\nexit=0\r\nlog_crc32=00000000\r\neof=1\r\n') },
    'LOG_REFUSED',
  ],
  [
    'an END and an exit code',
    agentLog(['a']),
    { end: end('kind=run\r\neof=1\r\n'), exitCode: 1 },
    'INVALID_REQUEST',
  ],
  ['a machine that nobody knows', story, { machine: 'barn' }, 'NOT_FOUND'],
  ['a bundle that nobody knows', story, { bundle: 'saga' }, 'NOT_FOUND'],
  ['a parameter that the bundle has not', story, { parameters: { depth: 1 } }, 'PARAMETER_UNKNOWN'],
  ['a file that was never uploaded', story, { log: '0'.repeat(64) }, 'ARTIFACT_MISSING'],
])('%s is refused, and no run is made', async (_, file, more, code) => {
  const scene = await shed();
  await using fleet = scene.fleet;
  await expect(scene.bring(file, { ...scene.here, ...more })).rejects.toMatchObject({ code });
  expect((await fleet.store.runs.list({ limit: 9 })).items).toEqual([]);
});

test.each([{ machine: 'attic' }, { bundle: 'tale' }])('a log of nobody knows what, only %j', async (more) => {
  const { fleet, bring } = await shed();
  await using _ = fleet;
  await expect(bring(story, more)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
});
