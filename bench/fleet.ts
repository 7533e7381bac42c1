import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { curlMissing, sendByCurl } from './support/curl.ts';
import { Daemon } from './support/daemon.ts';
import { enlist, startMachines } from './support/machines.ts';
import type { Machine } from './support/machines.ts';
import { forgetPeak, peakResidentBytes } from './support/process-usage.ts';
import { printReport, say } from './support/report.ts';
import { median } from './support/statistics.ts';
import { Workspace } from './support/workspace.ts';

/** One bundle to a whole fleet, placed and measured by every agent, against curl that only sends. */

const MACHINES = 300;
const PARALLEL = 64;
const ROUNDS = 3;
/** A model, a tokenizer, a program and a text: 1.2 MB. */
const FILE_BYTES = { 'MODEL.BIN': 1_056_540, 'TOK.BIN': 6_227, 'RUN.BIN': 132_000, 'README.TXT': 2_000 };
const LOOK_MS = 200;

const missing = curlMissing();
if (missing !== undefined) {
  say(missing);
  process.exit(1);
}

/** New bytes for each round: a machine is never sent what it has. */
const newFiles = (): Record<string, Uint8Array> =>
  Object.fromEntries(Object.entries(FILE_BYTES).map(([name, bytes]) => [name, randomBytes(bytes)]));

interface Deployment {
  readonly id: number;
  readonly state: string;
  readonly counts: Readonly<Record<string, number>>;
}

async function deploy(daemon: Daemon, files: Readonly<Record<string, Uint8Array>>): Promise<number> {
  const bundle = await daemon.addBundle('bench', files);
  const startedMs = performance.now();
  await daemon.ask('POST', '/deploy', { bundle, machines: 'all' });
  for (;;) {
    // The list has counts in place of hundreds of targets: asking must not cost more than sending.
    const { items } = await daemon.ask<{ items: readonly Deployment[] }>('GET', '/deployments?limit=1');
    const [newest] = items;
    if (newest?.state === 'done') return performance.now() - startedMs;
    if (newest?.state !== 'queued' && newest?.state !== 'active') {
      throw new Error(`the deployment ended as ${JSON.stringify(newest)}`);
    }
    await delay(LOOK_MS);
  }
}

async function copy(
  folder: string,
  machines: readonly Machine[],
  files: Readonly<Record<string, Uint8Array>>,
) {
  const paths = Object.entries(files).map(([name, bytes]) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  });
  const places = machines.map(({ host, port, user, password, diskFolder }) => {
    mkdirSync(join(diskFolder, 'CURL'));
    return { user, password, url: `ftp://${host}:${port}/CURL/` };
  });
  const startedMs = performance.now();
  await sendByCurl(paths, places, PARALLEL);
  const tookMs = performance.now() - startedMs;
  for (const { diskFolder } of machines) rmSync(join(diskFolder, 'CURL'), { recursive: true });
  return tookMs;
}

/** Every machine holds a receipt of this daemon for each file: no machine is counted that was only sent to. */
async function countReceipts(daemon: Daemon): Promise<number> {
  let count = 0;
  let after: string | undefined;
  do {
    const query = after === undefined ? '' : `&after=${after}`;
    const page: { items: readonly { method: string }[]; next?: string } = await daemon.ask(
      'GET',
      `/receipts?limit=200${query}`,
    );
    count += page.items.filter(({ method }) => method === 'agent-crc').length;
    after = page.next;
  } while (after !== undefined);
  return count;
}

const workspace = new Workspace(4 * 1024 ** 3);
const machines = await startMachines(workspace.disks, ['--count', String(MACHINES)]);
const daemon = await Daemon.start(join(workspace.folder, 'data'), {
  FLEET98_DEPLOY_PARALLEL: String(PARALLEL),
});
say(`${MACHINES} simulated machines are up; probing them`);
await enlist(daemon, machines.all);
forgetPeak(daemon.pid);

const oursMs: number[] = [];
const curlMs: number[] = [];
for (let round = 1; round <= ROUNDS; round += 1) {
  const files = newFiles();
  curlMs.push(await copy(workspace.folder, machines.all, files));
  oursMs.push(await deploy(daemon, files));
  say(`round ${round}: ${Math.round(oursMs.at(-1) ?? 0)} ms, curl ${Math.round(curlMs.at(-1) ?? 0)} ms`);
}
const receipts = await countReceipts(daemon);
const peak = peakResidentBytes(daemon.pid);
await daemon.stop();
await machines.stop();

const expected = MACHINES * ROUNDS * Object.keys(FILE_BYTES).length;
if (receipts !== expected) throw new Error(`${receipts} receipts by the agents' CRC instead of ${expected}`);
printReport(
  `fleet: 4 files of 1.2 MB to ${MACHINES} simulated machines, ${PARALLEL} at once, medians of ${ROUNDS}`,
  [
    {
      key: 'ratio',
      label: 'fleet98 / curl',
      value: median(oursMs) / median(curlMs),
      unit: '',
      want: { atMost: 0.5 },
    },
    { key: 'oursSeconds', label: 'fleet98, placed and verified', value: median(oursMs) / 1000, unit: 's' },
    { key: 'curlSeconds', label: 'xargs -P64 curl, sent only', value: median(curlMs) / 1000, unit: 's' },
    { key: 'receipts', label: 'receipts by the agents’ CRC', value: receipts, unit: '' },
    {
      key: 'daemonPeakMb',
      label: 'daemon, most memory',
      value: peak === undefined ? undefined : peak / 1e6,
      unit: 'MB',
      want: { atMost: 200 },
    },
  ],
  [`The machines are one process; their disks are ${workspace.isInMemory ? 'in memory' : 'on the disk'}.`],
);
