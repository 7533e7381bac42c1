import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startVsftpd, vsftpdMissing } from '../test/support/vsftpd.ts';
import { curlMissing, sendOneByCurl } from './support/curl.ts';
import { Daemon } from './support/daemon.ts';
import { enlist, startMachines } from './support/machines.ts';
import { forgetPeak, peakResidentBytes, residentBytes } from './support/process-usage.ts';
import { printReport, say } from './support/report.ts';
import type { Figure } from './support/report.ts';
import { median } from './support/statistics.ts';
import { StorClock } from './support/stor-clock.ts';
import { Throttle } from './support/throttle.ts';
import { Workspace } from './support/workspace.ts';

/** One large checkpoint to one machine: against curl, and through a slow wire. */

const FILE_BYTES = 60_800_000;
const ROUNDS = 3;
const CHUNK_BYTES = 262_144;
/** 10 Mbit/s. */
const SLOW_BYTES_PER_SECOND = 1_250_000;
const LOOK_MS = 500;
const SESSION_IDLE_MS = 7_000;

const missing = curlMissing();
if (missing !== undefined) {
  say(missing);
  process.exit(1);
}

interface Place {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly spool?: string;
  /** For curl: the URL of a folder that is there. */
  readonly url: string;
}

async function enlistPlace(daemon: Daemon, place: Place): Promise<void> {
  await enlist(daemon, [place]);
  await daemon.ask('PATCH', `/machines/${place.name}`, { writeChunkBytes: CHUNK_BYTES });
}

async function deploy(daemon: Daemon, place: Place, file: Uint8Array): Promise<void> {
  const bundle = await daemon.addBundle('single', { 'MODEL.BIN': file });
  const { id } = await daemon.ask<{ id: number }>('POST', '/deploy', {
    bundle,
    machines: { names: [place.name] },
  });
  for (;;) {
    const { state } = await daemon.ask<{ state: string }>('GET', `/deployments/${id}`);
    if (state === 'done') return;
    if (state !== 'queued' && state !== 'active') throw new Error(`the deployment ended as ${state}`);
    await delay(LOOK_MS);
  }
}

interface Compared {
  readonly ours: number;
  readonly curl: number;
  readonly ratio: number;
  readonly grownBytes: number | undefined;
}

async function compare(daemon: Daemon, clock: StorClock, place: Place, path: string): Promise<Compared> {
  const ours: number[] = [];
  const curl: number[] = [];
  const grown: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const file = randomBytes(FILE_BYTES);
    writeFileSync(path, file);
    await sendOneByCurl(path, place);
    curl.push(clock.takeSeconds());
    forgetPeak(daemon.pid);
    const before = residentBytes(daemon.pid) ?? Number.NaN;
    await deploy(daemon, place, file);
    ours.push(clock.takeSeconds());
    grown.push((peakResidentBytes(daemon.pid) ?? Number.NaN) - before);
    say(`${place.name}, round ${round}: ${ours.at(-1)?.toFixed(3)} s, curl ${curl.at(-1)?.toFixed(3)} s`);
  }
  const most = Math.max(...grown);
  return {
    ours: median(ours),
    curl: median(curl),
    ratio: median(ours) / median(curl),
    grownBytes: Number.isNaN(most) ? undefined : most,
  };
}

function figuresOf(key: string, label: string, compared: Compared | undefined): Figure[] {
  return [
    {
      key: `${key}Ratio`,
      label: `${label}: STOR, fleet98 / curl`,
      value: compared?.ratio,
      unit: '',
      want: { atMost: 1.3 },
    },
    { key: `${key}Seconds`, label: `${label}: fleet98`, value: compared?.ours, unit: 's' },
    { key: `${key}CurlSeconds`, label: `${label}: curl`, value: compared?.curl, unit: 's' },
  ];
}

const workspace = new Workspace(2 * 1024 ** 3);
const path = join(workspace.disks, 'MODEL.BIN');
const daemon = await Daemon.start(join(workspace.folder, 'data'));
const machines = await startMachines(workspace.disks, ['--profile', 'pentium2-win98', '--poll-ms', '100']);
const [pc] = machines.all;
if (pc === undefined) throw new Error('no simulated machine came up');
const login = { host: pc.host, user: pc.user, password: pc.password };
const clock = await StorClock.before(pc.port);
const url = `ftp://${pc.host}:${clock.port}/`;
const simulated: Place = { name: 'simulated', ...login, port: clock.port, url };
await enlistPlace(daemon, simulated);
const onSimulator = await compare(daemon, clock, simulated, path);

const { port, throttle } = await Throttle.before(pc.port, SLOW_BYTES_PER_SECOND);
const slowClock = await StorClock.before(port);
await daemon.ask('PATCH', `/machines/${simulated.name}`, { port: slowClock.port });
// An open session stays with the old port until it has been idle for some seconds.
await delay(SESSION_IDLE_MS);
say(`through 10 Mbit/s: about ${Math.round(FILE_BYTES / SLOW_BYTES_PER_SECOND)} s`);
await deploy(daemon, simulated, randomBytes(FILE_BYTES));
const slowSeconds = slowClock.takeSeconds();
for (const part of [slowClock, throttle, clock]) part.close();

let onVsftpd: Compared | undefined;
if (vsftpdMissing === undefined) {
  await using server = await startVsftpd();
  const spool = join(server.folder, 'FLEET98');
  for (const folder of ['', 'STAGE', 'B', 'IN', 'RUN', 'OUT']) {
    mkdirSync(join(spool, folder), { recursive: true });
    chmodSync(join(spool, folder), 0o777);
  }
  const before = await StorClock.before(server.port);
  const place: Place = {
    name: 'vsftpd',
    host: '127.0.0.1',
    port: before.port,
    user: 'anonymous',
    password: 'bench@example.org',
    spool: '/up/FLEET98',
    url: `ftp://127.0.0.1:${before.port}/up/`,
  };
  await enlistPlace(daemon, place);
  onVsftpd = await compare(daemon, before, place, path);
  before.close();
}
await daemon.stop();
await machines.stop();

printReport(
  `single: one file of 60.8 MB to one machine, medians of ${ROUNDS}`,
  [
    ...figuresOf('simulator', 'simulator', onSimulator),
    ...figuresOf('vsftpd', 'vsftpd', onVsftpd),
    {
      key: 'slowShare',
      label: 'through 10 Mbit/s, share of its payload rate',
      value: FILE_BYTES / slowSeconds / SLOW_BYTES_PER_SECOND,
      unit: '',
      want: { atLeast: 0.97 },
    },
    {
      key: 'daemonGrowthMb',
      label: 'daemon, growth of memory in a deployment',
      value: onSimulator.grownBytes === undefined ? undefined : onSimulator.grownBytes / 1e6,
      unit: 'MB',
      want: { atMost: 40 },
    },
  ],
  [
    `Chunks of ${CHUNK_BYTES} bytes. STOR is timed on the wire, from the command to the answer behind the last byte.`,
    'The growth counts the upload to the daemon and the deployment.',
    ...(vsftpdMissing === undefined ? [] : [`Without vsftpd: ${vsftpdMissing}.`]),
  ],
);
