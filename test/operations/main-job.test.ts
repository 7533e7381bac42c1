import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/domain/bundle.ts';
import { trainedModel } from '../fixtures-engine/run-engine.ts';
import { haveBuiltAgent } from '../support/built-agent.ts';
import { enginePath, llamaCommand } from '../support/llama-bundle.ts';
import { TestFleet } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait-for.ts';

const model = trainedModel();
const greedyText = 'beeb5cb46785efee81a8545300b31e396b595e5ce6f3b77db201545501981d14';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Prints its arguments' first word in a loop until it is stopped; small enough for a test to carry. */
const script = (body: string): Uint8Array => new TextEncoder().encode(body);
const nodeCommand = (file: string, ...args: Command['args']): Command => ({
  program: 'node',
  args: [file, ...args],
  keep: [],
});

describe.each(['ts', 'c'] as const)('the main job with the %s agent', (agent) => {
  test.skipIf(model === undefined || (agent === 'c' && !haveBuiltAgent()))(
    'a trained model tells its story over FTP, to the last byte',
    async () => {
      await using fleet = await TestFleet.start();
      await fleet.addPc('old', agent);
      const files = {
        'LLAMA2C.MJS': enginePath,
        'MODEL.BIN': model?.checkpoint ?? '',
        'TOK.BIN': model?.tokenizer ?? '',
      };
      await fleet.addBundle('stories', files, llamaCommand);
      const [target] = await fleet.deploy('stories', ['old']);
      expect(target).toMatchObject({
        state: 'done',
        bytesSent: 1_056_540 + 6_227 + readFileSync(enginePath).length,
      });

      const greedy = await fleet.runEnd(
        (await fleet.startRun('stories', 'old', { temperature: 0, steps: 200 })).id,
      );
      expect(greedy).toMatchObject({ state: 'succeeded', simulated: true, engine: 'llama2c', flags: [] });
      expect(greedy.end).toMatchObject({ reason: 'exited', exitCode: 0, logCut: false });
      expect(Buffer.byteLength(greedy.text ?? '')).toBe(464);
      expect(sha256(greedy.text ?? '')).toBe(greedyText);
      expect(greedy.timing?.reportedTokensPerSecond?.source).toBe('engine');
      expect(greedy.timing?.intervalTokensPerSecond?.value).toBeGreaterThan(0);
      expect(greedy.timing?.ttftMs?.value).toBeGreaterThan(0);

      const sampled = { temperature: 1, topp: 0.9, seed: 133742 };
      const timmy = await fleet.runEnd((await fleet.startRun('stories', 'old', sampled)).id);
      expect(timmy.text).toContain('Timmy');
      expect(timmy.state).toBe('succeeded');
    },
  );
});

test('what is there is not sent again, and a new version sends only what changed', async () => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('old');
  const files = {
    'A.BIN': script('a'.repeat(5000)),
    'B.BIN': script('b'.repeat(6000)),
    'C.BIN': script('c'.repeat(7000)),
  };
  await fleet.addBundle('three', files);
  expect(await fleet.deploy('three', ['old'])).toMatchObject([{ state: 'done', bytesSent: 18_000 }]);
  expect(await fleet.deploy('three', ['old'])).toMatchObject([
    { state: 'already-current', bytesSent: 0, bytesTotal: 0 },
  ]);

  const second = await fleet.addBundle('three', { ...files, 'B.BIN': script('B'.repeat(6500)) });
  expect(second.version).toBe(2);
  expect(await fleet.deploy('three', ['old'])).toMatchObject([
    { state: 'done', bytesSent: 6_500, bytesTotal: 6_500 },
  ]);
  const spool = join(fleet.folder, 'old', 'FLEET98');
  expect(readFileSync(join(spool, second.folder, 'C.BIN'), 'utf8')).toBe('c'.repeat(7000));

  const { items } = await fleet.store.receipts.list({ limit: 100 });
  expect(items.filter((receipt) => receipt.bundleId === second.id)).toHaveLength(3);
  expect(new Set(items.map((receipt) => receipt.method))).toEqual(new Set(['agent-crc']));
});

test('a file that a person changed on the machine is found before it is run', async () => {
  await using fleet = await TestFleet.start();
  const pc = await fleet.addPc('old');
  const bundle = await fleet.addBundle(
    'one',
    { 'GO.MJS': script('console.log("good")') },
    nodeCommand('GO.MJS'),
  );
  await fleet.deploy('one', ['old']);
  writeFileSync(join(pc.diskFolder, 'FLEET98', bundle.folder, 'GO.MJS'), 'console.log("evil")');
  const machine = await fleet.store.machines.findByName('old');
  await fleet.store.placements.markUnverified(machine?.id ?? '');
  const run = await fleet.runEnd((await fleet.startRun('one', 'old')).id);
  expect(run).toMatchObject({ state: 'failed', code: 'NOT_DEPLOYED' });
  expect(run.text).toBeUndefined();
});

test('two files with the same bytes are sent once', async () => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('old');
  const bundle = await fleet.addBundle('twins', { 'A.BIN': script('same'), 'B.BIN': script('same') });
  expect(await fleet.deploy('twins', ['old'])).toMatchObject([{ state: 'done', bytesSent: 4 }]);
  expect(readFileSync(join(fleet.folder, 'old', 'FLEET98', bundle.folder, 'B.BIN'), 'utf8')).toBe('same');
});

const forever = script('setInterval(() => process.stdout.write("tick "), 20);');

test('each run is a process of its own; when somebody kills it, the run has failed', async () => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('old');
  await fleet.addBundle('loop', { 'LOOP.MJS': forever }, nodeCommand('LOOP.MJS'));
  await fleet.deploy('loop', ['old']);
  const { id } = await fleet.startRun('loop', 'old');
  const running = await fleet.runWhen(id, 'its process id', (run) => run.pid !== undefined);
  await waitFor('some output', async () => (await fleet.store.runLogs.end(id)) > 200);
  process.kill(running.pid ?? 0, 'SIGKILL');
  const ended = await fleet.runEnd(id);
  expect(ended).toMatchObject({
    state: 'failed',
    code: 'ENGINE_CRASHED',
    end: { reason: 'exited', signal: 9 },
  });
  expect(ended.text).toContain('tick');
});

test('a run is canceled on the machine, and the machine proves it', async () => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('old');
  await fleet.addBundle('loop', { 'LOOP.MJS': forever }, nodeCommand('LOOP.MJS'));
  await fleet.deploy('loop', ['old']);
  const { id } = await fleet.startRun('loop', 'old');
  const waiting = await fleet.startRun('loop', 'old');
  const running = await fleet.runWhen(id, 'its process id', (run) => run.pid !== undefined);
  expect((await fleet.operations.cancelRun(waiting.id)).state).toBe('canceled');
  await fleet.operations.cancelRun(id);
  expect(await fleet.runEnd(id)).toMatchObject({ state: 'canceled', end: { reason: 'killed' } });
  expect(() => process.kill(running.pid ?? 0, 0)).toThrow('ESRCH');
  await expect(fleet.operations.cancelRun(id)).rejects.toMatchObject({ code: 'ALREADY_ENDED' });
});

test.each([
  ['limit', { limitSeconds: 1 }, forever, 'RUN_LIMIT'],
  ['quiet', { quietSeconds: 1 }, script('setInterval(() => {}, 1000);'), 'RUN_QUIET'],
])('the agent stops a run by its %s', async (reason, limits, program, code) => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('old');
  await fleet.addBundle('loop', { 'LOOP.MJS': program }, nodeCommand('LOOP.MJS'));
  await fleet.deploy('loop', ['old']);
  const [run] = await fleet.operations.run({
    bundle: 'loop',
    machines: { names: ['old'] },
    parameters: {},
    limits,
    deploy: false,
    requestedBy: 'test',
  });
  expect(await fleet.runEnd(run?.id ?? 0)).toMatchObject({ state: 'timed-out', code, end: { reason } });
});

test('a failing program: exit code, error output in the log, debug.log fetched; the machine is left clean', async () => {
  await using fleet = await TestFleet.start();
  const pc = await fleet.addPc('old');
  const program = script(
    `require('node:fs').writeFileSync('DEBUG.LOG', 'why: no memory'); console.error('sorry'); process.exit(3);`,
  );
  await fleet.addBundle('bad', { 'BAD.MJS': program }, { ...nodeCommand('BAD.MJS'), keep: ['DEBUG.LOG'] });
  await fleet.deploy('bad', ['old']);
  const run = await fleet.runEnd((await fleet.startRun('bad', 'old')).id);
  expect(run).toMatchObject({ state: 'failed', code: 'ENGINE_FAILED', end: { exitCode: 3 } });
  expect(Buffer.from((await fleet.store.runs.file(run.id, 'DEBUG.LOG')) ?? []).toString()).toBe(
    'why: no memory',
  );
  const log = Buffer.from(await fleet.store.runLogs.read(run.id, 0, 100_000)).toString();
  expect(log).toContain(' e 6\nsorry\n');
  const out = join(pc.diskFolder, 'FLEET98', 'OUT');
  await waitFor('an empty OUT folder', () => readdirSync(out).length === 0);
});

test('arguments arrive as they were given, whatever is in them', async () => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('old');
  const echo = script('process.stdout.write(JSON.stringify(process.argv.slice(2)) + "\\n");');
  const args: Command['args'] = [
    { name: 'prompt', type: 'text', flag: '-i', maxLength: 5000 },
    { name: 'steps', type: 'integer', flag: '-n', default: 256 },
  ];
  await fleet.addBundle('echo', { 'ECHO.MJS': echo }, nodeCommand('ECHO.MJS', ...args));
  await fleet.deploy('echo', ['old']);
  for (const prompt of [
    `"quoted" 'single' 100% \\ $HOME`,
    'two\nlines',
    'Füße, 猫, 🐈',
    '',
    'x'.repeat(4000),
  ]) {
    const run = await fleet.runEnd((await fleet.startRun('echo', 'old', { prompt })).id);
    expect(JSON.parse(run.text ?? '')).toEqual(['-i', prompt, '-n', '256']);
  }
});

test('what the machine cannot take is refused before anything is sent', async () => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('old');
  const name = { 'GO.MJS': script('1') };
  await fleet.addBundle('go', name, nodeCommand('GO.MJS', { name: 'steps', type: 'integer', flag: '-n' }));
  await fleet.addBundle('files', name);
  const run = (bundle: string, parameters = {}) => fleet.startRun(bundle, 'old', parameters);
  await expect(run('go', { steps: 'many' })).rejects.toMatchObject({ code: 'PARAMETER_INVALID' });
  await expect(run('go', { speed: 1 })).rejects.toMatchObject({ code: 'PARAMETER_UNKNOWN' });
  await expect(run('go')).rejects.toMatchObject({ code: 'NOT_DEPLOYED' });
  await expect(run('files')).rejects.toMatchObject({ code: 'BUNDLE_HAS_NO_COMMAND' });
  await expect(run('ghost')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(fleet.addBundle('clash', { 'a.bin': script('1') })).rejects.toMatchObject({
    code: 'NAME_NOT_8_3',
  });
  await expect(fleet.addBundle('device', { 'CON.TXT': script('1') })).rejects.toMatchObject({
    code: 'NAME_NOT_8_3',
  });
});

test('deploy: true delivers first, then runs', async () => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('old');
  await fleet.addBundle('go', { 'GO.MJS': script('console.log("gone")') }, nodeCommand('GO.MJS'));
  const request = {
    bundle: 'go',
    machines: 'all' as const,
    parameters: {},
    limits: {},
    deploy: true,
    requestedBy: 'test',
  };
  const [run] = await fleet.operations.run(request);
  expect(await fleet.runEnd(run?.id ?? 0)).toMatchObject({ state: 'succeeded', text: 'gone\n' });
});
