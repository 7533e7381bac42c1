import { randomBytes } from 'node:crypto';
import { DomainError } from '../domain/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Link } from '../transports/transport.ts';

const FIRST_BYTES = 4_096;
/** Large enough that the rate is not only round trips; sent only where the first 4 KiB went quickly. */
const SECOND_BYTES = 65_536;
const QUICK_MS = 500;
const PROBE_FILE = 'STAGE/PROBE.TMP';

export interface LinkMeasurement {
  readonly restartRead: boolean;
  readonly restartWrite?: 'appe' | 'rest';
  readonly dataConnections: readonly string[];
  readonly writeBytesPerSecond: number;
  readonly readBytesPerSecond: number;
}

/**
 * Writes 4 KiB that hold every byte value, reads them back and compares, measures both rates, and tries where reading
 * and writing can start in the middle of a file. Throws BYTES_CHANGED when the server alters bytes.
 */
export async function measureLink(link: Link, clock: Clock): Promise<LinkMeasurement> {
  // Where no agent ever ran, nobody has made it yet.
  await link.makeFolder('STAGE');
  const bytes = probeBytes(FIRST_BYTES);
  let rates = await roundTrip(link, clock, bytes);
  if (rates.totalMs < QUICK_MS) rates = await roundTrip(link, clock, probeBytes(SECOND_BYTES));
  await link.write(PROBE_FILE, bytes);
  const restartRead = await canRestartRead(link, bytes);
  const restartWrite = await findRestartWrite(link, bytes);
  await link.remove(PROBE_FILE);
  return {
    restartRead,
    ...(restartWrite && { restartWrite }),
    dataConnections: link.abilities.dataConnections,
    writeBytesPerSecond: rates.write,
    readBytesPerSecond: rates.read,
  };
}

/** Every byte value first, then noise. */
function probeBytes(length: number): Uint8Array {
  const bytes = randomBytes(length);
  for (let value = 0; value < 256; value += 1) bytes[value] = value;
  return bytes;
}

async function roundTrip(
  link: Link,
  clock: Clock,
  bytes: Uint8Array,
): Promise<{ write: number; read: number; totalMs: number }> {
  const start = clock.monotonicMs();
  await link.write(PROBE_FILE, bytes);
  const written = clock.monotonicMs();
  const back = await link.read(PROBE_FILE, { maxBytes: bytes.length * 2 });
  const end = clock.monotonicMs();
  if (Buffer.compare(bytes, back) !== 0) {
    throw new DomainError(
      'BYTES_CHANGED',
      `${bytes.length} bytes were sent, ${back.length} other bytes came back`,
    );
  }
  const rate = (ms: number) => Math.round(bytes.length / Math.max(ms / 1000, 0.001));
  return { write: rate(written - start), read: rate(end - written), totalMs: end - start };
}

const refused = (error: unknown): false => {
  if (error instanceof DomainError && error.fault !== 'network' && error.code !== 'BUG') return false;
  throw error;
};

async function canRestartRead(link: Link, bytes: Uint8Array): Promise<boolean> {
  const half = bytes.length / 2;
  const tail = await link.read(PROBE_FILE, { fromByte: half, maxBytes: bytes.length }).catch(refused);
  return tail !== false && Buffer.compare(tail, bytes.subarray(half)) === 0;
}

async function findRestartWrite(link: Link, bytes: Uint8Array): Promise<'appe' | 'rest' | undefined> {
  const half = bytes.length / 2;
  for (const restart of ['appe', 'rest'] as const) {
    await link.write(PROBE_FILE, bytes.subarray(0, half));
    const sent = await link
      .upload(PROBE_FILE, (from) => [bytes.subarray(from)], {
        size: bytes.length,
        fromByte: half,
        restart,
      })
      .then(() => true)
      .catch(refused);
    if (!sent) continue;
    const back = await link.read(PROBE_FILE, { maxBytes: bytes.length * 2 });
    if (Buffer.compare(back, bytes) === 0) return restart;
  }
  return undefined;
}
