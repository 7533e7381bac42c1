import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runTable, type RunState } from '../../src/domain/run.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { furnished, newRun, temporaryFolder } from './fixtures.ts';

const child = fileURLToPath(new URL('crash-child.ts', import.meta.url));

/** What the child said was stored. */
interface Promised {
  readonly ends: Map<number, number>;
  readonly states: Map<number, RunState>;
  readonly files: Set<string>;
}

/** Runs the child until it has said so many lines, then kills it without warning. */
async function writeAndKill(dataDir: string, runIds: readonly number[], lines: number): Promise<Promised> {
  const promised: Promised = { ends: new Map(), states: new Map(), files: new Set() };
  const writer = spawn(process.execPath, ['--import', 'tsx', child, dataDir, ...runIds.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(writer, 'exit');
  let said = 0;
  for await (const line of createInterface({ input: writer.stdout })) {
    note(promised, line);
    if (++said === lines) writer.kill('SIGKILL');
  }
  expect(await gone).toEqual([null, 'SIGKILL']);
  expect(said).toBeGreaterThanOrEqual(lines);
  return promised;
}

function note({ ends, states, files }: Promised, line: string): void {
  const fact: { runId?: number; end?: number; moved?: number; state?: RunState; sha256?: string } =
    JSON.parse(line);
  if (fact.runId !== undefined && fact.end !== undefined) ends.set(fact.runId, fact.end);
  if (fact.moved !== undefined && fact.state !== undefined) states.set(fact.moved, fact.state);
  if (fact.sha256 !== undefined) files.add(fact.sha256);
}

async function expectKept(store: Store, dataDir: string, { ends, states, files }: Promised): Promise<void> {
  for (const [runId, end] of ends) {
    const stored = await store.runLogs.end(runId);
    expect(stored).toBeGreaterThanOrEqual(end);
    let offset = 0;
    for await (const bytes of store.runLogs.chunks(runId, 0)) {
      const start = offset;
      if (!bytes.every((byte, index) => byte === (start + index) % 251)) throw new Error('a log has changed');
      offset += bytes.length;
    }
    expect(offset).toBe(stored);
  }
  const order: readonly RunState[] = ['queued', 'starting', 'failed'];
  for (const [id, state] of states) {
    const now = (await store.runs.get(id))?.state ?? 'lost';
    expect(Object.keys(runTable)).toContain(now);
    expect(order.indexOf(now)).toBeGreaterThanOrEqual(order.indexOf(state));
  }
  for (const lane of await store.lanes.all()) {
    expect(await store.runs.get(Number(lane.ownerId.slice('run:'.length)))).toMatchObject({
      state: 'starting',
    });
  }
  for (const sha256 of files) {
    const hash = createHash('sha256');
    for await (const bytes of store.artifactFiles.open(sha256)) hash.update(bytes);
    expect(hash.digest('hex')).toBe(sha256);
  }
  expect(await readdir(join(dataDir, 'artifacts', 'tmp'))).toEqual([]);
}

test('a daemon killed at any moment loses nothing that it had stored', { timeout: 120_000 }, async () => {
  const dataDir = await temporaryFolder();
  const first = await openStore({ dataDir });
  const { one, bundle } = await furnished(first);
  const runs = await first.runs.create([newRun(one, bundle), newRun(one, bundle), newRun(one, bundle)]);
  const runIds = runs.map((run) => run.id);
  await first.close();
  for (const lines of [1, 20, 33, 60, 111]) {
    const promised = await writeAndKill(dataDir, runIds, lines);
    const store = await openStore({ dataDir });
    await expectKept(store, dataDir, promised);
    for (const lane of await store.lanes.all()) await store.lanes.release(lane.machineId, lane.ownerId);
    await store.close();
    const database = openSqlite(join(dataDir, 'fleet98.db'));
    expect(
      database
        .prepare('pragma integrity_check')
        .all([])
        .map((row) => ({ ...Object(row) })),
    ).toEqual([{ integrity_check: 'ok' }]);
    expect(database.prepare('pragma foreign_key_check').all([])).toEqual([]);
    database.close();
  }
});
