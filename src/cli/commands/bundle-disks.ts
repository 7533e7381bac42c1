import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { leaf, type Cli, type CommonOptions } from '../cli.ts';
import type { Client } from '../client.ts';
import { UsageError } from '../failures.ts';
import { size } from '../format.ts';
import { bundleDisks } from '../kit/bundle-disks.ts';
import type { CarriedBundle } from '../kit/bundle-disks.ts';
import { floppyImage } from '../kit/fat12.ts';
import { saveFile } from '../save-file.ts';
import { visibleLine } from '../visible.ts';

/** More disks nobody carries; a CD or a cable does. */
const MAX_DISKS = 60;

async function fetchBundle(client: Client, name: string, version: number): Promise<CarriedBundle> {
  const params = { name, version };
  const { bundle, folder, job, files } = await client.call('readHandDelivery', { params });
  const carried = [];
  for (const { stage, sha256 } of files) {
    const response = await client.open('readArtifact', { params: { sha256 } });
    carried.push({ stage, bytes: Buffer.from(await response.arrayBuffer()) });
  }
  return { bundle, folder, job: { id: job.id, bytes: Buffer.from(job.text, 'base64') }, files: carried };
}

/** The version that is meant: the newest, where the reference names none. */
async function versionOf(client: Client, reference: string): Promise<{ name: string; version: number }> {
  const [name = '', version] = reference.split('@');
  if (version !== undefined) return { name, version: Number(version) };
  const { items } = await client.call('listBundles', { query: { name, limit: 200 } });
  const newest = items.at(-1);
  if (!newest) throw new UsageError(`there is no bundle ${visibleLine(name)}`);
  return { name, version: newest.version };
}

async function writeDisks(
  cli: Cli,
  reference: string,
  folder: string,
  options: CommonOptions,
): Promise<void> {
  const client = cli.client(options);
  const { name, version } = await versionOf(client, reference);
  const carried = await fetchBundle(client, name, version);
  const disks = bundleDisks(carried);
  if (disks.length > MAX_DISKS) {
    throw new UsageError(`${carried.bundle} would need ${disks.length} disks, more than ${MAX_DISKS}`);
  }
  await mkdir(folder, { recursive: true });
  const images: string[] = [];
  for (const [index, files] of disks.entries()) {
    const path = join(folder, `DISK${index + 1}.IMG`);
    await saveFile(path, floppyImage(files, `DISK${index + 1}`, new Date()));
    images.push(path);
  }
  const sizeBytes = carried.files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const told = { bundle: carried.bundle, sizeBytes, images };
  cli.print(
    options,
    told,
    () =>
      `${visibleLine(carried.bundle)}: ${size(sizeBytes)} on ${images.length} ${images.length === 1 ? 'disk' : 'disks'} in ${visibleLine(folder)}. ` +
      'On the machine, with the first disk: A: and BRING\n',
  );
}

/** `bundle disks`: for a machine that no cable reaches. */
export function addDisksCommand(bundle: Command, cli: Cli): void {
  leaf(
    bundle,
    'disks <bundle> <folder>',
    'write a bundle to images of floppy disks, with a batch file that joins it',
  ).action((reference: string, folder: string, options: CommonOptions) =>
    writeDisks(cli, reference, folder, options),
  );
}
