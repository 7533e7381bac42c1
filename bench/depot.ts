import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serveFolder } from '../test/support/served-folder.ts';
import { startVsftpd, vsftpdMissing } from '../test/support/vsftpd.ts';
import { curlMissing, fetchByCurl, sendByCurl, sendOneByCurl } from './support/curl.ts';
import { printReport, say } from './support/report.ts';
import type { Figure } from './support/report.ts';
import { median } from './support/statistics.ts';
import { Workspace } from './support/workspace.ts';

/** The depot's server against vsftpd: one large file, and 100 clients at once, both ways, all by curl. */

const LARGE_BYTES = 200_000_000;
const SMALL_BYTES = 1_000_000;
const CLIENTS = 100;
const ROUNDS = 3;
const WANTED = 0.7;

const missing = curlMissing() ?? vsftpdMissing;
if (missing !== undefined) {
  say(missing);
  process.exit(1);
}

interface Place {
  readonly name: string;
  readonly user: string;
  readonly password: string;
  /** Of a folder, with `/` at its end. */
  readonly url: string;
}

type Seconds = Readonly<Record<'largeUp' | 'largeDown' | 'manyUp' | 'manyDown', number>>;

const workspace = new Workspace();
const large = join(workspace.folder, 'LARGE.BIN');
writeFileSync(large, randomBytes(LARGE_BYTES));
const small = join(workspace.folder, 'SMALL.BIN');
writeFileSync(small, randomBytes(SMALL_BYTES));

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function round(place: Place): Promise<Seconds> {
  const names = Array.from({ length: CLIENTS }, (_, index) => `${place.url}F${index}.BIN`);
  const seconds = {
    largeUp: await secondsOf(() => sendOneByCurl(large, place)),
    largeDown: await secondsOf(() => fetchByCurl(place, [`${place.url}LARGE.BIN`], 1)),
    manyUp: await secondsOf(() =>
      sendByCurl(
        [small],
        names.map((url) => ({ ...place, url })),
        CLIENTS,
      ),
    ),
    manyDown: await secondsOf(() => fetchByCurl(place, names, CLIENTS)),
  };
  say(
    `${place.name}: ${Object.entries(seconds)
      .map(([what, value]) => `${what} ${value.toFixed(3)} s`)
      .join(', ')}`,
  );
  return seconds;
}

const login = { user: 'bench', password: 'bench98' };
// On the same kind of disk as vsftpd's.
const disk = join(workspace.folder, 'depot');
mkdirSync(disk, { recursive: true });
const ours: Seconds[] = [];
const theirs: Seconds[] = [];
{
  await using depot = await serveFolder(disk, login, { sessionsInAll: 200, sessionsPerAddress: 200 });
  await using vsftpd = await startVsftpd(['anon_world_readable_only=NO']);
  chmodSync(vsftpd.folder, 0o777);
  const places = {
    ours: { name: 'depot', ...login, url: `ftp://127.0.0.1:${depot.port}/` },
    theirs: {
      name: 'vsftpd',
      user: 'anonymous',
      password: 'bench@example.org',
      url: `ftp://127.0.0.1:${vsftpd.port}/up/`,
    },
  };
  // In turns, so that a busy moment of the host hits both.
  for (let index = 0; index < ROUNDS; index += 1) {
    ours.push(await round(places.ours));
    theirs.push(await round(places.theirs));
  }
}

function figure(key: keyof Seconds, label: string): Figure {
  const [mine, other] = [ours, theirs].map((all) => median(all.map((seconds) => seconds[key])));
  return { key, label, value: (other ?? 0) / (mine ?? 1), unit: '', want: { atLeast: WANTED } };
}

printReport(
  `depot: rate, as a share of vsftpd's, medians of ${ROUNDS}`,
  [
    figure('largeUp', 'one file of 200 MB, up'),
    figure('largeDown', 'the same, down'),
    figure('manyUp', `${CLIENTS} clients at once, 1 MB each, up`),
    figure('manyDown', 'the same, down'),
  ],
  ['The depot has each file on the disk (fsync) before it says 226; vsftpd has not.'],
);
