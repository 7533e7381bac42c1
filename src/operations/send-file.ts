import type { BundleFile } from '../domain/bundle.ts';
import { DomainError } from '../domain/errors.ts';
import type { Link } from '../transports/transport.ts';
import type { Parts } from './parts.ts';
import type { TargetProgress } from './target-progress.ts';
import type { TargetWork } from './target-work.ts';

/** A file that has to be sent: where to, and how many bytes of it lie there from an earlier try. */
export interface Sending {
  readonly file: BundleFile;
  readonly path: string;
  readonly presentBytes: number;
}

/** Bytes of a file at that path from which an upload can go on; 0 when they are too many to be its beginning. */
export async function presentBytes(link: Link, path: string, file: BundleFile): Promise<number> {
  const there = (await link.size(path)) ?? 0;
  return there <= file.sizeBytes ? there : 0;
}

/** Sends what is missing of a file, and compares the size. VERIFY_MISMATCH, DISK_FULL; the link's errors. */
export async function sendFile(
  parts: Parts,
  link: Link,
  work: TargetWork,
  { file, path, presentBytes: there }: Sending,
  progress: TargetProgress,
): Promise<void> {
  const { signal, machine } = work;
  signal.throwIfAborted();
  // An empty file has nothing that could lie there, but must exist.
  if (there === file.sizeBytes && there > 0) return progress.startAt(file, there);
  const restart = link.abilities.restartWrite;
  const fromByte = restart ? there : 0;
  progress.startAt(file, fromByte);
  const open = (from: number) => until(signal, parts.store.artifactFiles.pieces(file.sha256, from));
  const onProgress = (sent: number) => progress.fileAt(file, sent);
  try {
    const how = fromByte > 0 && restart ? { restart } : {};
    await link.upload(path, open, { size: file.sizeBytes, fromByte, onProgress, ...how });
  } catch (error) {
    throw isDiskFull(error) ? noRoom(machine.name, file, error) : error;
  }
}

/** Makes sure that all bytes of a file came to lie there; otherwise takes them away, so that the next try sends it anew. */
export async function checkSent(link: Link, { file, path }: Pick<Sending, 'file' | 'path'>): Promise<void> {
  const there = await link.size(path);
  if (there === file.sizeBytes) return;
  await link.remove(path);
  throw new DomainError(
    'VERIFY_MISMATCH',
    `${file.name} has ${there ?? 0} bytes on the machine instead of ${file.sizeBytes}`,
  );
}

async function* until(signal: AbortSignal, pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const piece of pieces) {
    signal.throwIfAborted();
    yield piece;
  }
}

const isDiskFull = (error: unknown): error is DomainError =>
  error instanceof DomainError && error.code === 'DISK_FULL';

const noRoom = (machine: string, { name, sizeBytes }: BundleFile, cause: DomainError): DomainError =>
  new DomainError(
    'DISK_FULL',
    `${name} (${sizeBytes} bytes) does not fit on the disk of ${machine}: ${cause.message}`,
    { cause },
  );
