import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Machine, MachineReport } from '../../src/contract/machines.ts';
import type { Run, RunsStarted } from '../../src/contract/runs.ts';
import { loadProfile } from '../../src/simulator/profile.ts';
import { startSimulatedPc } from '../../src/simulator/simulated-pc.ts';
import type { SimulatedPc } from '../../src/simulator/simulated-pc.ts';
import { cli } from '../cli/support.ts';
import { Daemon } from '../support/daemon.ts';
import { waitFor } from '../support/wait-for.ts';

/** Goes on until a file GO.TXT is in its folder. */
const program = `
  const fs = require('node:fs');
  fs.appendFileSync('STARTS.TXT', 'x');
  process.stdout.write('Once');
  const timer = setInterval(() => {
    if (!fs.existsSync('GO.TXT')) return;
    clearInterval(timer);
    process.stdout.write(' upon a time');
  }, 10);
`;
const quick = {
  FLEET98_RUN_POLL_MIN_MS: '50',
  FLEET98_RUN_POLL_MAX_MS: '200',
  FLEET98_JOBS_POLL_MS: '20',
};
const limits = { limitSeconds: 600 };
const machines = { names: ['dos'] };

const folder = mkdtempSync(join(tmpdir(), 'fleet98-one-'));
const dataDir = join(folder, 'data');
let daemon: Daemon | undefined;
let pc: SimulatedPc | undefined;

afterEach(async () => {
  await daemon?.kill();
  await pc?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('a DOS PC through the API and the command line: away, a killed daemon, the key at its keyboard', async () => {
  const profile = { ...loadProfile('dx2-dos'), rateBytesPerSecond: 0 };
  pc = await startSimulatedPc({ profile, diskFolder: join(folder, 'pc'), agent: 'ts', pollMs: 20 });
  let now = (daemon = await Daemon.start(dataDir, quick));
  const run = (id: number) => now.ask<Run>('GET', `/runs/${id}`);
  const machine = () => now.ask<Machine>('GET', '/machines/dos');
  const runWhen = (id: number, what: string, condition: (run: Run) => boolean) =>
    waitFor(what, async () => {
      const seen = await run(id);
      return condition(seen) && seen;
    });
  const { host, port, user, password } = pc;
  await now.ask('POST', '/machines', { name: 'dos', host, port, user, password });
  expect(await now.ask('POST', '/machines/dos/probe', {})).toMatchObject({ server: { endServer: true } });
  const sha256 = await now.upload('TALE.JS', Buffer.from(program));
  const command = { program: 'node', args: ['TALE.JS'] };
  const made = await now.ask<{ folder: string }>('POST', '/bundles', {
    name: 'tale',
    files: [{ name: 'TALE.JS', sha256 }],
    command,
  });
  const go = join(folder, 'pc', 'FLEET98', made.folder, 'GO.TXT');
  const preflight = await now.ask('GET', '/machines/dos/preflight?bundle=tale');
  expect(preflight).toMatchObject({ blocked: false, findings: [{ level: 'info', code: 'RUN_UNSEEN' }] });
  const withoutLimit = now.ask('POST', '/run', { bundle: 'tale', machines, deploy: true });
  await expect(withoutLimit).rejects.toThrow(/422.*LIMIT_NEEDED/s);

  // The command line deploys, says what it is like there, and tells by when it is back.
  const watching = cli(['run', 'tale', 'dos', '--deploy', '--limit-seconds', '600'], { url: now.url });
  const working = await waitFor('the machine to be at work', async () => {
    const seen = await machine();
    return seen.away?.owner === 'run:1' && seen;
  });
  expect(working).toMatchObject({ health: 'good', away: { state: 'working' }, busy: { owner: 'run:1' } });
  const { since = '', backBy = '' } = working.away ?? {};
  expect(Date.parse(backBy) - Date.parse(since)).toBe(720_000);
  expect((await cli(['machine', 'show', 'dos'], { url: now.url })).stdout).toMatch(
    /^away +busy, back by (\d{4}-\d\d-\d\d )?\d\d:\d\d \(predicted\), for run:1$/m,
  );
  expect((await cli(['machine', 'list'], { url: now.url })).stdout).toMatch(
    /run:1: busy, back by .*predicted/,
  );
  expect((await cli(['why', 'dos'], { url: now.url })).stdout).toContain(
    'nothing answers there until it is done',
  );
  writeFileSync(go, '');
  const watched = await watching;
  expect(watched.stderr).toMatch(/dos: MS-DOS does one thing at a time: .*its output comes at its end/);
  expect(watched.stderr).toMatch(/dos: busy, back by .*predicted/);
  expect(watched).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Once upon a time') });

  // Killed while the server is down.
  rmSync(go);
  const started = await now.ask<RunsStarted>('POST', '/run', { bundle: 'tale', machines, limits });
  expect(started.notes).toMatchObject([{ machine: 'dos', code: 'RUN_UNSEEN' }]);
  await runWhen(2, 'being unseen', ({ code }) => code === 'RUN_UNSEEN');
  await now.kill();
  now = daemon = await Daemon.start(dataDir, quick);
  expect(await machine()).toMatchObject({ health: 'good', away: { state: 'working', owner: 'run:2' } });
  expect((await cli(['runs', 'cancel', '2'], { url: now.url })).stdout).toMatch(
    /cannot be reached; when it is back/,
  );
  await runWhen(2, 'the word', ({ state, code }) => state === 'canceling' && code === 'CANNOT_STOP');
  writeFileSync(go, '');
  expect(await runWhen(2, 'its end', ({ state }) => state === 'succeeded')).toMatchObject({
    text: 'Once upon a time',
  });
  expect((await machine()).away).toBeUndefined();

  // A server that nobody can end from afar.
  pc.turn({ siteQuit: 'off' });
  expect(await now.ask('POST', '/machines/dos/probe', {})).toMatchObject({ server: { endServer: false } });
  await now.ask('POST', '/run', { bundle: 'tale', machines, limits });
  await runWhen(3, 'the wait', ({ state, code }) => state === 'queued' && code === 'WAITING_FOR_KEYBOARD');
  const { machine: waiting, advice } = await now.ask<MachineReport>('GET', '/machines/dos/why');
  expect(waiting).toMatchObject({ health: 'good', away: { state: 'waiting-for-keyboard', owner: 'run:3' } });
  expect(advice[0]).toMatch(/^Press Alt-X or Ctrl-C/);
  expect((await cli(['machine', 'show', 'dos'], { url: now.url })).stdout).toMatch(
    /^away +waits for somebody to end its FTP server/m,
  );
  await pc.pressKey();
  expect(await runWhen(3, 'its end', ({ state }) => state === 'succeeded')).toMatchObject({
    text: 'Once upon a time',
  });
}, 90_000);
