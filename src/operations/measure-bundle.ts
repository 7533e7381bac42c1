import type { Bundle, BundleFile } from '../domain/bundle.ts';
import type { ReceiptMethod } from '../domain/deployment.ts';
import { DomainError } from '../domain/errors.ts';
import { crc32Hex } from '../lib/crc32.ts';
import { decodeBundleOk } from '../spool/bundle-ok.ts';
import type { EndFile } from '../spool/end-file.ts';
import type { MeasuredFile } from '../spool/fields.ts';
import { bundleOkPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';

const MAX_BUNDLE_OK_BYTES = 16_384;

/** How a file of a bundle was found on a machine, and by what that was seen. */
export interface FileCheck {
  readonly file: BundleFile;
  readonly state: 'ok' | 'missing' | 'changed';
  readonly method: ReceiptMethod;
}

/** What BUNDLE.OK is: not there, vouching for exactly this bundle, or anything else. */
export type MarkerState = 'absent' | 'right' | 'wrong';

/** A placed bundle version as it was found just now. */
export interface BundleCheck {
  readonly bundle: Bundle;
  readonly marker: MarkerState;
  readonly files: readonly FileCheck[];
  readonly isWhole: boolean;
}

/** Whether the measured files are exactly the bundle's, by name, size and CRC-32. */
export function matchesBundle(bundle: Bundle, files: readonly MeasuredFile[]): boolean {
  if (files.length !== bundle.files.length) return false;
  const byName = new Map(files.map((file) => [file.name, file]));
  return bundle.files.every((file) => isSame(file, byName.get(file.name)));
}

const isSame = (file: BundleFile, seen: Omit<MeasuredFile, 'name'> | undefined): boolean =>
  seen?.sizeBytes === file.sizeBytes && seen.crc32 === file.crc32;

/** Reads the bundle's BUNDLE.OK. It measures no file. */
export async function readMarker(link: Link, bundle: Bundle): Promise<MarkerState> {
  const path = bundleOkPath(bundle.folder);
  // Most often it is not there, and asking for its size needs no data connection.
  if ((await link.size(path)) === undefined) return 'absent';
  try {
    const bytes = await link.read(path, { maxBytes: MAX_BUNDLE_OK_BYTES });
    const read = decodeBundleOk(bytes);
    return read.state === 'ok' && matchesBundle(bundle, read.files) ? 'right' : 'wrong';
  } catch (error) {
    if (error instanceof DomainError && error.code === 'FILE_NOT_FOUND') return 'absent';
    throw error;
  }
}

/** What the END of a verify job says of each file of the bundle. JOB_REFUSED when the agent did not understand it. */
export function checksInEnd(bundle: Bundle, { end, files, bad }: EndFile): FileCheck[] {
  if (end.reason === 'bad-job') {
    throw new DomainError('JOB_REFUSED', `the agent refused the verify job: ${end.why ?? 'no reason'}`);
  }
  const seen = new Map(files.map((file) => [file.name, file]));
  return bundle.files.map((file) => {
    const unreadable = end.reason === 'io-error' && file.name === bad;
    const found = seen.get(file.name);
    const state = isSame(file, found) ? 'ok' : found || unreadable ? 'changed' : 'missing';
    return { file, state, method: 'agent-crc' };
  });
}

/** The same with the marker, where nobody but the agent can look for it. */
export function foundInEnd(bundle: Bundle, end: EndFile): Pick<BundleCheck, 'marker' | 'files'> {
  const files = checksInEnd(bundle, end);
  if (end.end.reason === 'not-placed') return { marker: 'absent', files };
  return { marker: matchesBundle(bundle, end.files) ? 'right' : 'wrong', files };
}

/** Looks at one file without the help of an agent: its size, and its bytes unless it is larger than `readBackMaxBytes`. */
export async function checkOverLink(
  link: Link,
  path: string,
  file: BundleFile,
  readBackMaxBytes: number,
): Promise<FileCheck> {
  const method = file.sizeBytes <= readBackMaxBytes ? 'read-back' : 'size-only';
  const sizeBytes = await link.size(path);
  if (sizeBytes === undefined) return { file, state: 'missing', method };
  const isRight =
    sizeBytes === file.sizeBytes && (method === 'size-only' || (await readBack(link, path, file)));
  return { file, state: isRight ? 'ok' : 'changed', method };
}

async function readBack(link: Link, path: string, file: BundleFile): Promise<boolean> {
  let crc32 = crc32Hex(new Uint8Array());
  let sizeBytes = 0;
  await link.stream(path, { maxBytes: file.sizeBytes }, (bytes) => {
    crc32 = crc32Hex(bytes, crc32);
    sizeBytes += bytes.length;
    return Promise.resolve();
  });
  return isSame(file, { sizeBytes, crc32 });
}
