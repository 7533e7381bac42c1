import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { runSimulator } from '../../src/simulator/run-simulator.ts';
import type { SimulatedPc } from '../../src/simulator/simulated-pc.ts';
import { Wire } from './ftp/wire.ts';
import { temporaryFolder } from './support.ts';

const fileBytes = 1_200_000;
const sessionsPerPc = 2;

async function crcOfFile(path: string): Promise<number> {
  let sum = 0;
  for await (const bytes of createReadStream(path)) if (Buffer.isBuffer(bytes)) sum = crc32(bytes, sum);
  return sum;
}

/** Uploads a file in two parts and reads it back; returns the CRC of what was sent, stored and received. */
async function sendAndFetch(pc: SimulatedPc, name: string): Promise<readonly number[]> {
  const bytes = randomBytes(fileBytes);
  const cut = 1 + Math.floor(Math.random() * (fileBytes - 1));
  const wire = await Wire.login(pc.port, pc.user, pc.password);
  const path = `FLEET98/STAGE/${name}`;
  expect(await wire.upload(`STOR ${path}`, bytes.subarray(0, cut))).toMatch(/^226 /);
  expect(await wire.send(`SIZE ${path}`)).toBe(`213 ${cut}\r\n`);
  expect(await wire.upload(`APPE ${path}`, bytes.subarray(cut))).toMatch(/^226 /);
  const received = Buffer.from(await wire.download(`RETR ${path}`), 'latin1');
  wire.close();
  return [crc32(bytes), await crcOfFile(join(pc.diskFolder, path)), crc32(received)];
}

test('20 PCs take 40 uploads at once, and no byte is lost', async () => {
  const lines: string[] = [];
  const simulator = await runSimulator({
    disksFolder: temporaryFolder(),
    count: 20,
    agent: 'ts',
    rateBytesPerSecond: 0,
    onLine: (line) => lines.push(line),
  });
  onTestFinished(() => simulator.stop());
  expect(lines).toHaveLength(20);
  const names = Array.from({ length: sessionsPerPc }, (_, index) => `FILE${index}.BIN`);
  const sums = await Promise.all(simulator.pcs.flatMap((pc) => names.map((name) => sendAndFetch(pc, name))));
  expect(sums).toHaveLength(40);
  for (const [sent, stored, received] of sums) {
    expect(stored).toBe(sent);
    expect(received).toBe(sent);
  }
});
