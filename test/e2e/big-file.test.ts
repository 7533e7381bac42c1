import { createCipheriv, createHash, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { vsftpdMissing } from '../support/vsftpd.ts';
import { waitFor } from '../support/wait-for.ts';
import { vsftpdWithAgent } from './support/agent-process.ts';
import { Lane, simulatedPc } from './support/lane.ts';
import type { LanePc } from './support/lane.ts';
import { within } from './support/within.ts';

/** As large as the checkpoint with 15M parameters. */
const SIZE = 60_816_028;
const MB = 1024 * 1024;
const PATIENCE_MS = 200_000;

/** Incompressible, and the same each time. */
function bigFile(): Buffer {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 'fleet98'), Buffer.alloc(16));
  return cipher.update(Buffer.alloc(SIZE));
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

interface Deployment {
  readonly id: number;
  readonly state: string;
  readonly targets: readonly { readonly state: string; readonly code?: string; readonly detail?: string }[];
}

/** A lane whose daemon has the big file in a bundle, and the folder of that bundle. */
async function laneWithBigFile(
  startPc: (diskFolder: string) => Promise<LanePc>,
): Promise<{ lane: Lane; folder: string; hash: string }> {
  const lane = await Lane.start(startPc);
  const bytes = bigFile();
  const hash = await lane.daemon.upload('BIG.BIN', bytes);
  expect(hash).toBe(sha256(bytes));
  const request = { name: 'big', files: [{ name: 'BIG.BIN', sha256: hash }] };
  const { folder } = await lane.daemon.ask<{ folder: string }>('POST', '/bundles', request);
  return { lane, folder, hash };
}

async function begin(lane: Lane): Promise<number> {
  const request = { bundle: 'big', machines: { names: [lane.machine] } };
  return (await lane.daemon.ask<Deployment>('POST', '/deploy', request)).id;
}

async function expectDone(lane: Lane, id: number): Promise<void> {
  const ended = await waitFor(
    'the deployment',
    async () => {
      const deployment = await lane.daemon.ask<Deployment>('GET', `/deployments/${id}`);
      return !['queued', 'active'].includes(deployment.state) && deployment;
    },
    PATIENCE_MS,
  );
  expect(ended).toMatchObject({ state: 'done', targets: [{ state: 'done' }] });
}

/** A figure of the daemon's process, in bytes. */
function memory(lane: Lane, key: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${lane.daemon.pid}/status`, 'utf8');
  return Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
}

/** Distinct and ascending; the same for the same seed. */
function cutPositions(seed: number, count: number): number[] {
  const positions = new Set<number>();
  for (let n = 0; positions.size < count; n += 1) {
    positions.add(createHash('sha256').update(`${seed} ${n}`).digest().readUInt32LE() % SIZE);
  }
  return [...positions].toSorted((a, b) => a - b);
}

const isLinux = process.platform === 'linux';

function bigFileOn(startPc: (diskFolder: string) => Promise<LanePc>): void {
  test.runIf(isLinux)('the daemon grows by less than 40 MB while it sends 60.8 MB', async () => {
    const { lane, folder, hash } = await laneWithBigFile(startPc);
    try {
      // A daemon that has not taken the file in itself.
      await lane.killDaemon();
      await lane.startDaemon();
      const before = memory(lane, 'VmRSS');
      await expectDone(lane, await begin(lane));
      const growth = memory(lane, 'VmHWM') - before;
      expect(sha256(readFileSync(join(lane.spoolFolder, folder, 'BIG.BIN')))).toBe(hash);
      say(`grew by ${(growth / MB).toFixed(1)} MB from ${(before / MB).toFixed(1)} MB`);
      expect(growth).toBeLessThan(40 * MB);
    } finally {
      await lane.stop();
    }
  });

  test('an upload that is cut at ten random bytes goes on where it was', async () => {
    const seed = Number(process.env['FLEET98_SEED'] ?? randomInt(1_000_000));
    say(`FLEET98_SEED=${seed}`);
    const { lane, folder, hash } = await laneWithBigFile(startPc);
    try {
      lane.cable.sentBytes = 0;
      const positions = cutPositions(seed, 10);
      const cut = (when: number) =>
        within(
          lane.cable.at({ command: /^(STOR|APPE) .*\/STAGE\//, when }, () => {}),
          `byte ${when}`,
        );
      let next = cut(positions[0] ?? 0);
      const id = await begin(lane);
      for (const position of [...positions.slice(1), undefined]) {
        await next;
        if (position !== undefined) next = cut(position);
      }
      await expectDone(lane, id);
      expect(sha256(readFileSync(join(lane.spoolFolder, folder, 'BIG.BIN')))).toBe(hash);
      say(`${(lane.cable.sentBytes / SIZE).toFixed(3)} x its size was sent`);
      expect(lane.cable.sentBytes).toBeLessThan(1.2 * SIZE);
    } finally {
      await lane.stop();
    }
  });
}

describe('a big file on a simulated PC', () => bigFileOn(simulatedPc('auto')));

describe.skipIf(vsftpdMissing !== undefined)('a big file on vsftpd', () => bigFileOn(vsftpdWithAgent));

test.runIf(vsftpdMissing !== undefined && process.env['FLEET98_STRICT'] === '1')('vsftpd is there', () => {
  throw new Error(`FLEET98_STRICT=1 wants vsftpd: ${vsftpdMissing}`);
});
