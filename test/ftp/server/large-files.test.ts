import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { Client } from 'basic-ftp';
import { expect, test } from 'vitest';
import { password, startShelf, user } from './shelf.ts';

/** More than is gathered, read ahead, or written between two flushes. */
const bytes = randomBytes(40_000_003);

test('a large file comes and goes whole, byte by byte', async () => {
  const { disk, port } = await startShelf();
  const client = new Client();
  try {
    await client.access({ host: '127.0.0.1', port, user, password });
    await client.uploadFrom(Readable.from(pieces()), 'LARGE.BIN');
    expect(readFileSync(join(disk, 'LARGE.BIN')).equals(bytes)).toBe(true);
    const back: Buffer[] = [];
    const sink = new Writable({
      write(chunk: Buffer, _encoding, next) {
        back.push(Buffer.from(chunk));
        next();
      },
    });
    await client.downloadTo(sink, 'LARGE.BIN', 1_000_001);
    expect(Buffer.concat(back).equals(bytes.subarray(1_000_001))).toBe(true);
  } finally {
    client.close();
  }
});

function* pieces(): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100_003) yield bytes.subarray(at, at + 100_003);
}
