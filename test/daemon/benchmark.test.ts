import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Benchmark } from '../../src/contract/benchmarks.ts';
import { loadProfile } from '../../src/simulator/profile.ts';
import { startSimulatedPc } from '../../src/simulator/simulated-pc.ts';
import type { SimulatedPc } from '../../src/simulator/simulated-pc.ts';
import { Daemon } from '../support/daemon.ts';
import { waitFor } from '../support/wait-for.ts';

const program = `
  require('node:fs').appendFileSync('STARTS.TXT', 'x');
  let n = 0;
  const timer = setInterval(() => {
    process.stdout.write(' word');
    if ((n += 1) === 20) clearInterval(timer);
  }, 20);
`;
const quick = {
  FLEET98_RUN_POLL_MIN_MS: '50',
  FLEET98_RUN_POLL_MAX_MS: '200',
  FLEET98_JOBS_POLL_MS: '20',
};
const PATIENCE_MS = 60_000;

const folder = mkdtempSync(join(tmpdir(), 'fleet98-bench-test-'));
let daemon: Daemon | undefined;
let pc: SimulatedPc | undefined;

afterEach(async () => {
  await daemon?.kill();
  await pc?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test(
  'a daemon killed in the middle of a benchmark goes on with it, and starts no run twice',
  { timeout: 120_000 },
  async () => {
    const dataDir = join(folder, 'data');
    const profile = loadProfile('pentium2-win98');
    pc = await startSimulatedPc({ profile, diskFolder: join(folder, 'pc'), agent: 'ts', pollMs: 20 });
    daemon = await Daemon.start(dataDir, quick);
    const { host, port, user, password } = pc;
    await daemon.ask('POST', '/machines', { name: 'old', host, port, user, password });
    await daemon.ask('POST', '/machines/old/probe', {});
    const sha256 = await daemon.upload('COUNT.JS', Buffer.from(program));
    const { folder: bundleFolder } = await daemon.ask<{ folder: string }>('POST', '/bundles', {
      name: 'count',
      files: [{ name: 'COUNT.JS', sha256 }],
      command: { program: 'node', args: ['COUNT.JS'] },
    });
    const { id } = await daemon.ask<Benchmark>('POST', '/benchmarks', {
      bundles: ['count'],
      machines: 'all',
      repetitions: 2,
      deploy: true,
    });
    const seen = (now: Daemon, ended: number): Promise<Benchmark> =>
      waitFor(
        `${ended} runs to have ended`,
        async () => {
          const benchmark = await now.ask<Benchmark>('GET', `/benchmarks/${id}`);
          return (benchmark.counts['succeeded'] ?? 0) >= ended && benchmark;
        },
        PATIENCE_MS,
      );

    await seen(daemon, 1);
    await daemon.kill();
    daemon = await Daemon.start(dataDir, quick);
    const benchmark = await seen(daemon, 3);
    expect(benchmark).toMatchObject({ state: 'done', counts: { succeeded: 3 } });
    expect(benchmark.rows).toHaveLength(1);
    expect(benchmark.rows[0]?.statistics[1]).toMatchObject({ definition: 'tg.interval', n: 2 });
    expect(readFileSync(join(pc.diskFolder, 'FLEET98', bundleFolder, 'STARTS.TXT'), 'utf8')).toBe('xxx');
  },
);
