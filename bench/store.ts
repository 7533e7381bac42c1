import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fillStore, FIRST_MS } from './support/big-store.ts';
import { Daemon } from './support/daemon.ts';
import { residentBytes } from './support/process-usage.ts';
import { printReport, say } from './support/report.ts';
import type { Figure } from './support/report.ts';
import { median } from './support/statistics.ts';
import { Workspace } from './support/workspace.ts';

/** Every list with each of its filters, first page and deep page, over a store with years of runs in it. */

const SIZE = {
  machines: 1_000,
  bundles: 50,
  runs: 2_000_000,
  deployments: 5_000,
  targetsEach: 40,
  benchmarks: 5_000,
};
const STARTS = 3;
const ASKS = 5;
/** Of all rows lie before the deep page. */
const DEEP = 0.75;

const timeOf = (row: number): string => new Date(FIRST_MS + row * 1000).toISOString();
const byTime = [`since=${timeOf(SIZE.runs * 0.9)}`, `until=${timeOf(SIZE.runs * 0.1)}`];
const byMachineAndBundle = ['machine=pc0777', 'bundle=bundle7@1'];

const LISTS: Readonly<Record<string, readonly string[]>> = {
  runs: [
    '',
    ...byMachineAndBundle,
    'state=succeeded',
    'state=failed',
    'state=timed-out',
    'state=running',
    ...byTime,
    'bundle=bundle7@1&state=failed',
    'machine=pc0777&state=failed',
  ],
  deployments: ['', ...byMachineAndBundle, ...byTime],
  receipts: ['', ...byMachineAndBundle, 'deployment=2500'],
  machines: ['', 'state=retired', 'health=lost', 'platform=winnt', 'label=room%3D7'],
  benchmarks: ['', ...byMachineAndBundle, ...byTime],
  bundles: ['', 'name=bundle7'],
};

interface Page {
  readonly items: readonly { readonly id?: number }[];
  readonly next?: string;
}

interface Timing {
  readonly what: string;
  readonly ms: number;
}

async function startMs(dataDir: string): Promise<{ daemon: Daemon; tookMs: number }> {
  const startedMs = performance.now();
  const daemon = await Daemon.start(dataDir);
  return { daemon, tookMs: performance.now() - startedMs };
}

async function timeOfPage(daemon: Daemon, path: string): Promise<{ ms: number; page: Page }> {
  const times: number[] = [];
  let page: Page = { items: [] };
  for (let ask = 0; ask < ASKS; ask += 1) {
    const startedMs = performance.now();
    page = await daemon.ask<Page>('GET', path);
    times.push(performance.now() - startedMs);
  }
  return { ms: median(times), page };
}

/** The cursor of a page far behind the first: the first page's own, with its numbers moved. */
function deepCursor(next: string, rows: number): string {
  const [list, ...key]: unknown[] = JSON.parse(Buffer.from(next, 'base64url').toString('utf8'));
  const passed = Math.round(rows * DEEP);
  const moved = key.map((value) => {
    if (typeof value !== 'number') return value;
    return value > FIRST_MS ? value - passed * 1000 : Math.max(1, value - passed);
  });
  return Buffer.from(JSON.stringify([list, ...moved])).toString('base64url');
}

async function timeList(daemon: Daemon, list: string, filter: string): Promise<Timing[]> {
  const path = `/${list}?limit=50${filter === '' ? '' : `&${filter}`}`;
  const first = await timeOfPage(daemon, path);
  const timings = [{ what: path, ms: first.ms }];
  if (first.page.next !== undefined) {
    const rows = list === 'runs' ? SIZE.runs : SIZE.deployments;
    const deep = await timeOfPage(daemon, `${path}&after=${deepCursor(first.page.next, rows)}`);
    timings.push({ what: `${path}, deep page`, ms: deep.ms });
  }
  return timings;
}

const workspace = new Workspace();
const dataDir = join(workspace.folder, 'data');
say(`filling a store with ${SIZE.machines} machines and ${SIZE.runs} runs`);
await fillStore(dataDir, SIZE);
const bytes = statSync(join(dataDir, 'fleet98.db')).size;

const starts: number[] = [];
for (let turn = 1; turn < STARTS; turn += 1) {
  const { daemon, tookMs } = await startMs(dataDir);
  starts.push(tookMs);
  await daemon.stop();
}
const { daemon, tookMs } = await startMs(dataDir);
starts.push(tookMs);
const timings: Timing[] = [];
for (const [list, filters] of Object.entries(LISTS)) {
  for (const filter of filters) timings.push(...(await timeList(daemon, list, filter)));
}
const resident = residentBytes(daemon.pid);
await daemon.stop();

const slowest = timings.toSorted((a, b) => b.ms - a.ms);
const figures: Figure[] = [
  {
    key: 'worstPageMs',
    label: 'slowest page of a list',
    value: slowest[0]?.ms,
    unit: 'ms',
    want: { atMost: 50 },
  },
  { key: 'pages', label: 'pages measured', value: timings.length, unit: '' },
  {
    key: 'startMs',
    label: 'start of the daemon',
    value: median(starts),
    unit: 'ms',
    want: { atMost: 2000 },
  },
  { key: 'databaseMb', label: 'database', value: bytes / 1e6, unit: 'MB' },
  {
    key: 'residentMb',
    label: 'daemon, memory',
    value: resident === undefined ? undefined : resident / 1e6,
    unit: 'MB',
  },
];
printReport(
  `store: ${SIZE.machines} machines, ${SIZE.runs} runs; each page the median of ${ASKS} requests over HTTP`,
  figures,
  [
    'The slowest pages:',
    ...slowest.slice(0, 8).map(({ what, ms }) => `  ${ms.toFixed(1).padStart(7)} ms  ${what}`),
  ],
);
