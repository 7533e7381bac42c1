import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { loadProfile } from '../../src/simulator/profile.ts';
import { startSimulatedPc } from '../../src/simulator/simulated-pc.ts';
import type { SimulatedPc } from '../../src/simulator/simulated-pc.ts';
import { Daemon } from '../support/daemon.ts';
import { waitFor } from '../support/wait-for.ts';

const program = `
  require('node:fs').appendFileSync('STARTS.TXT', 'x');
  let n = 0;
  const timer = setInterval(() => {
    process.stdout.write((n += 1) + ' ');
    if (n === 150) { clearInterval(timer); process.stdout.write('over'); }
  }, 20);
`;
const whole = `${Array.from({ length: 150 }, (_, index) => index + 1).join(' ')} over`;
const quick = {
  FLEET98_RUN_POLL_MIN_MS: '50',
  FLEET98_RUN_POLL_MAX_MS: '500',
  FLEET98_JOBS_POLL_MS: '20',
};

interface RunAnswer {
  readonly id: number;
  readonly state: string;
  readonly text?: string;
  readonly flags: readonly string[];
}

const folder = mkdtempSync(join(tmpdir(), 'fleet98-sigkill-'));
const dataDir = join(folder, 'data');
let daemon: Daemon | undefined;
let pc: SimulatedPc | undefined;

afterEach(async () => {
  await daemon?.kill();
  await pc?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function log(daemonNow: Daemon, id: number): Promise<Buffer> {
  const response = await fetch(`${daemonNow.url}/api/v1/runs/${id}/log`);
  return Buffer.from(await response.arrayBuffer());
}

test('a daemon killed twice in mid-run finishes the run with the whole log, once', async () => {
  const profile = loadProfile('pentium2-win98');
  pc = await startSimulatedPc({ profile, diskFolder: join(folder, 'pc'), agent: 'ts', pollMs: 20 });
  daemon = await Daemon.start(dataDir, quick);
  const { host, port, user, password } = pc;
  await daemon.ask('POST', '/machines', { name: 'old', host, port, user, password });
  await daemon.ask('POST', '/machines/old/probe', {});
  const sha256 = await daemon.upload('COUNT.JS', Buffer.from(program));
  const command = { program: 'node', args: ['COUNT.JS'] };
  await daemon.ask('POST', '/bundles', { name: 'count', files: [{ name: 'COUNT.JS', sha256 }], command });
  const machines = { names: ['old'] };
  const { runs } = await daemon.ask<{ runs: RunAnswer[] }>('POST', '/run', {
    bundle: 'count',
    machines,
    deploy: true,
  });
  const id = runs[0]?.id ?? 0;

  let stored: Buffer = Buffer.alloc(0);
  for (const more of [300, 900]) {
    const now: Daemon = daemon;
    await waitFor(`${more} bytes of log`, async () => (await log(now, id)).length > more);
    stored = await log(now, id);
    await now.kill();
    daemon = await Daemon.start(dataDir, quick);
  }
  const last: Daemon = daemon;
  const run = await waitFor('the end', async () => {
    const seen = await last.ask<RunAnswer>('GET', `/runs/${id}`);
    return seen.state === 'succeeded' || seen.state === 'failed' ? seen : undefined;
  });
  expect(run).toMatchObject({ state: 'succeeded', text: whole, flags: [] });
  expect((await log(last, id)).subarray(0, stored.length)).toEqual(stored);
  const { items } = await last.ask<{ items: { folder: string }[] }>('GET', '/bundles?name=count');
  expect(readFileSync(join(pc.diskFolder, 'FLEET98', items[0]?.folder ?? '', 'STARTS.TXT'), 'utf8')).toBe(
    'x',
  );
});
