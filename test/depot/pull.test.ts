import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/domain/bundle.ts';
import { isRunEnded } from '../../src/domain/run.ts';
import { haveClient } from '../support/ftp-clients.ts';
import { enginePath, llamaCommand } from '../support/llama-bundle.ts';
import { VisitedFleet } from '../support/visited-fleet.ts';
import {
  byAgent,
  byShell,
  ownVisitsByScript,
  visitByScript,
  visitByShell,
  Visitor,
} from '../support/visitor.ts';
import { waitFor } from '../support/wait-for.ts';

const checkpoint = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/checkpoints/${name}`, import.meta.url));
const files = {
  'LLAMA2C.MJS': enginePath,
  'MODEL.BIN': checkpoint('FLEET98.BIN'),
  'TOK.BIN': checkpoint('FTOK512.BIN'),
};
const endless: Command = { program: 'sh', args: ['ENDLESS.SH'], keep: [] };
const endlessScript = Buffer.from('echo begun\nwhile :; do sleep 1; echo on; done\n');
const have = (name: string): boolean => haveClient(name, 'machines that come by themselves');

const ways = [
  ['tnftp -A takes GO.FTP, agent98', 'tnftp', { visits: visitByScript }, byAgent],
  ['agent98 begins tnftp -A, which takes GO.FTP', 'tnftp', { ownVisits: ownVisitsByScript }, byAgent],
  ['PULL.SH with tnftp -A, agent98', 'tnftp', { visits: visitByShell('tnftp -A') }, byAgent],
  [
    'PULL.SH with inetutils ftp, no agent',
    'inetutils-ftp',
    { visits: visitByShell('inetutils-ftp') },
    byShell(),
  ],
  ['PULL.SH with curl, agent98', 'curl', { visits: visitByShell('curl') }, byAgent],
  [
    'PULL.SH with busybox, no agent',
    'busybox',
    { visits: visitByShell('busybox', ['busybox', 'ash']) },
    byShell(['busybox', 'ash']),
  ],
] as const;

describe.each(ways)('the main job in pull mode: %s', (_way, client, how, worker) => {
  test.runIf(have(client))('probed, deployed to, run, canceled, measured, and left clean', async () => {
    await using visited = await VisitedFleet.start();
    const { fleet } = visited;
    await using visitor = new Visitor(await visited.addVisitor('attic'), { ...how, worker });
    const probed = await fleet.operations.probeMachine('attic', { adopt: false });
    expect(probed).toMatchObject({ state: 'ready', health: 'good', simulated: true, host: '127.0.0.1' });

    await fleet.addBundle('stories', files, llamaCommand);
    expect(await fleet.deploy('stories', ['attic'])).toMatchObject([{ state: 'done' }]);
    expect(await fleet.deploy('stories', ['attic'])).toMatchObject([{ state: 'already-current' }]);
    const asked = { steps: 40, temperature: 0, prompt: 'Once upon a time' };
    const run = await fleet.runEnd((await fleet.startRun('stories', 'attic', asked)).id);
    expect(run).toMatchObject({ state: 'succeeded', end: { exitCode: 0, logCut: false }, flags: [] });
    expect(run.text).toMatch(/^Once upon a time, there was a little robot named Bolt\./);

    await fleet.addBundle('endless', { 'ENDLESS.SH': endlessScript }, endless);
    await fleet.deploy('endless', ['attic']);
    const long = await fleet.startRun('endless', 'attic');
    await fleet.runWhen(long.id, 'its first words', (now) => now.state === 'running');
    await waitFor('its log', async () => (await fleet.store.runLogs.end(long.id)) > 0);
    await fleet.operations.cancelRun(long.id);
    expect(await fleet.runEnd(long.id)).toMatchObject({ state: 'canceled', end: { reason: 'killed' } });

    const benchmark = await fleet.operations.createBenchmark({
      bundles: ['stories'],
      machines: { names: ['attic'] },
      parameters: asked,
      limits: {},
      repetitions: 2,
      warmUps: 1,
      deploy: true,
      requestedBy: 'test',
    });
    const measured = await waitFor(
      'the benchmark',
      async () => {
        const runs = await fleet.store.benchmarks.runs(benchmark.id);
        return runs.every(({ state }) => isRunEnded(state)) && runs;
      },
      60_000,
    );
    for (const one of measured) expect(one).toMatchObject({ state: 'succeeded', engine: 'llama2c' });
    const { rows } = await fleet.operations.reportBenchmark(benchmark.id);
    expect(rows).toMatchObject([{ machineName: 'attic', kind: 'simulated' }]);
    expect(rows[0]?.statistics[0]).toMatchObject({ definition: 'tool.reported', n: 2 });

    const { folder } = visitor.home;
    const left = (): string[] =>
      ['IN', 'RUN', 'OUT', 'STAGE'].flatMap((one) => readdirSync(join(folder, one)));
    await expect.poll(left, { timeout: 20_000 }).toEqual([]);
    expect(existsSync(join(folder, 'B'))).toBe(true);
  });
});
