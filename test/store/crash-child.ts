import { writeSync } from 'node:fs';
import { openStore } from '../../src/store/open-store.ts';

/**
 * Writes into a store until it is killed. Each line on stdout is said after a promise of the store was kept: what it
 * names must be there after the kill.
 */
const [dataDir = '', ...ids] = process.argv.slice(2);
const store = await openStore({ dataDir });
const say = (fact: object): void => void writeSync(1, `${JSON.stringify(fact)}\n`);

async function growLog(runId: number): Promise<void> {
  let offset = await store.runLogs.end(runId);
  for (let turn = 1; ; turn++) {
    const bytes = Uint8Array.from(
      { length: 1 + ((turn * 997) % 6000) },
      (_, index) => (offset + index) % 251,
    );
    await store.runLogs.append(runId, offset, bytes);
    offset += bytes.length;
    say({ runId, end: offset });
    if (turn % 10 === 0) await store.runLogs.merge(runId);
  }
}

async function moveRuns(template: number): Promise<void> {
  const known = await store.runs.get(template);
  if (!known) throw new Error('no run to copy');
  for (let atMs = 1; ; atMs++) {
    const [run] = await store.runs.create([{ ...known, atMs }]);
    if (!run) throw new Error('no run was made');
    say({ moved: run.id, state: 'queued' });
    await store.runs.move(run.id, 'start', { jobToken: 'T' }, 'take', atMs);
    say({ moved: run.id, state: 'starting' });
    await store.runs.move(run.id, 'fail', { code: 'CANCELED' }, undefined, atMs);
    say({ moved: run.id, state: 'failed' });
  }
}

async function receiveFiles(): Promise<void> {
  for (let turn = 0; ; turn++) {
    const bytes = Buffer.alloc(40_000, `${process.pid} ${turn} `);
    const { sha256 } = await store.artifactFiles.receive(pieces(bytes), { maxBytes: bytes.length });
    say({ sha256 });
  }
}

async function* pieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

await Promise.all([...ids.map(Number).map(growLog), moveRuns(Number(ids[0])), receiveFiles()]);
