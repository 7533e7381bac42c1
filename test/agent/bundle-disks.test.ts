import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bundleDisks } from '../../src/cli/kit/bundle-disks.ts';
import { floppyImage } from '../../src/cli/kit/fat12.ts';
import { haveProgram, notTested } from '../contract/agent/build-agent.ts';
import { crcOf } from '../support/spool-folder.ts';
import type { SpoolFolder } from '../support/spool-folder.ts';
import { buildForDos, dosMissing, DosPc } from './dosbox.ts';

const folder = 'B/0A1B2C3D';
const jobId = 'A0000001';
const contents = {
  'MODEL.BIN': randomBytes(3_000_001),
  'SAY.BAT': Buffer.from('@ECHO OFF\r\n'),
  'EMPTY.TXT': Buffer.alloc(0),
  'TOK.BIN': randomBytes(70_000),
};

function disksTests(): void {
  let agent: Buffer;
  let pc: DosPc;
  let spool: SpoolFolder;
  let disks: string;
  beforeAll(() => {
    agent = buildForDos().bytes;
  });
  beforeEach(() => {
    pc = new DosPc(agent, true);
    spool = pc.spool;
    disks = mkdtempSync(join(tmpdir(), 'fleet98-disks-'));
  });
  afterEach(() => {
    pc.remove();
    rmSync(disks, { recursive: true, force: true });
  });

  /** All disks as images, and what mtools reads from them, in one folder of the PC. */
  function layOut(): number {
    const files = Object.entries(contents).map(([name, bytes], index) => ({
      name,
      bytes,
      stage: `STAGE/F000000${index}.BIN`,
    }));
    const lines = files.map(({ name, stage, bytes }): [string, string] => [
      'file',
      `${stage},${name},${bytes.length},${crcOf(bytes)}`,
    ]);
    const bytes = spool.jobBytes(jobId, 'place', [['dir', folder], ...lines]);
    const images = bundleDisks({ bundle: 'story@1', folder, job: { id: jobId, bytes }, files });
    spool.write('DISKS/X', '');
    for (const [index, one] of images.entries()) {
      const path = join(disks, `DISK${index + 1}.IMG`);
      writeFileSync(path, floppyImage(one, `DISK${index + 1}`, new Date('1998-06-25T12:30:02Z')));
      const copied = spawnSync('mcopy', ['-n', '-i', path, '::*', spool.path('DISKS')], { encoding: 'utf8' });
      expect(copied).toMatchObject({ status: 0, stderr: '' });
    }
    return images.length;
  }

  const bring = async (): Promise<void> => {
    spool.write('JOINALL.BAT', readFileSync(spool.path('DISKS/JOINALL.BAT')));
    await pc.type('CALL JOINALL.BAT DISKS');
  };

  test('three disks are joined, and placed by the agent when every sum is right (the disks lie in one folder)', async () => {
    expect(layOut()).toBe(3);
    await bring();
    expect(spool.has(`${folder}/BUNDLE.OK`)).toBe(true);
    for (const [name, bytes] of Object.entries(contents)) {
      expect(crcOf(readFileSync(spool.path(`${folder}/${name}`))), name).toBe(crcOf(bytes));
    }
    expect(readdirSync(spool.path('STAGE'))).toEqual([]);
    expect(spool.has(`OUT/${jobId}.END`)).toBe(false);
  });

  test('a disk with one wrong byte brings nothing that counts as placed', async () => {
    layOut();
    const part = spool.path('DISKS/F01.002');
    const bytes = readFileSync(part);
    bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000);
    writeFileSync(part, bytes);
    await bring();
    expect(spool.has(`${folder}/BUNDLE.OK`)).toBe(false);
    expect(spool.entries(`OUT/${jobId}.END`).get('reason')).toBe('mismatch');
  });
}

const missing = dosMissing() ?? (haveProgram('mcopy') ? undefined : 'there is no mcopy');
if (missing === undefined) describe('a bundle on disks, in DOSBox', disksTests);
else notTested('a bundle on disks', missing);
