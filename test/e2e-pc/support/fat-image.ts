import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** So large that it is a FAT16, as on a disk of that time, and small enough to be copied at each power cut. */
const IMAGE_BYTES = 32 * 1024 * 1024;

/** A new, empty disk. */
export function makeFatImage(path: string): void {
  writeFileSync(path, '');
  truncateSync(path, IMAGE_BYTES);
  run('mkfs.vfat', ['-F', '16', '-n', 'OLDBOX', path]);
}

/**
 * Repairs the disk as it is done on an old PC after a power cut before anything else is started: ScanDisk, without
 * questions. Answers what it says.
 */
export function scanDisk(path: string): string {
  // 1: there was something to repair.
  return run('fsck.fat', ['-a', path], [0, 1]);
}

/** What of a folder has reached the disk, copied to `to`. The image is not changed. */
export function copyOut(image: string, folder: string, to: string): void {
  mkdirSync(to, { recursive: true });
  // mtools changes nothing when it reads, but a disk that is in use is no place to read from.
  const copy = join(to, 'disk.img');
  copyFileSync(image, copy);
  run('mcopy', ['-s', '-n', '-Q', '-i', copy, `::/${folder}`, to], [0, 1]);
  rmSync(copy);
  if (!existsSync(join(to, folder))) throw new Error(`there is no ${folder} in ${image}`);
}

/** Puts files into a new folder of a disk, by their names. */
export function copyIn(
  image: string,
  folder: string,
  files: Readonly<Record<string, Uint8Array | string>>,
): void {
  const from = mkdtempSync(join(tmpdir(), 'fleet98-disk-'));
  try {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(from, name), bytes);
    run('mmd', ['-i', image, `::/${folder}`]);
    run('mcopy', ['-i', image, ...Object.keys(files).map((name) => join(from, name)), `::/${folder}`]);
  } finally {
    rmSync(from, { recursive: true });
  }
}

function run(program: string, args: readonly string[], good: readonly number[] = [0]): string {
  // mkfs.vfat and fsck.fat are where only root looks.
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, MTOOLS_SKIP_CHECK: '1' };
  const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env });
  if (error) throw error;
  if (status === null || !good.includes(status)) {
    throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
  }
  return stdout;
}
