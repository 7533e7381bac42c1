import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faults } from '../../fixtures/train/corpus/judge.mjs';
import type { Benchmark } from '../../src/contract/benchmarks.ts';

const LIMIT_MS = 180_000;
const root = fileURLToPath(new URL('../../', import.meta.url));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fleet98-demo-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface DemoAnswer {
  readonly machines: readonly { readonly name: string; readonly simulated: boolean }[];
  readonly deployments: readonly { readonly state: string }[];
  readonly runs: readonly Readonly<Record<string, unknown>>[];
  readonly benchmark: Benchmark;
}

/** Starts `demo --json` with a temporary folder of its own, which must be empty at the end. */
async function startDemo(name: string) {
  const temporary = await mkdtemp(join(folder, name));
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', 'demo', '--json'], {
    cwd: root,
    // A setting of the person who runs this must not reach the demo's daemon.
    env: { ...process.env, TMPDIR: temporary, FLEET98_HTTP_PORT: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const closed = once(child, 'close');
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    /** Settles when the demo and everything that holds its output is gone. */
    ended: async (): Promise<unknown> => (await closed)[0],
    leftovers: async () => (await readdir(temporary)).filter((entry) => !entry.startsWith('tsx-')),
    said: async (word: string): Promise<void> => {
      while (!stderr.includes(word) && child.exitCode === null) {
        await Promise.race([once(child.stderr, 'data'), closed]);
      }
    },
  };
}

describe.concurrent('demo --json', () => {
  test('goes the whole way and leaves nothing behind', { timeout: LIMIT_MS }, async () => {
    const demo = await startDemo('whole-');
    expect(await demo.ended(), demo.stderr()).toBe(0);
    expect(demo.stdout().trimEnd().split('\n')).toHaveLength(1);
    const answer: DemoAnswer = JSON.parse(demo.stdout());
    expect(answer.machines.map(({ simulated }) => simulated)).toEqual([true, true, true]);
    expect(answer.deployments.map(({ state }) => state)).toEqual(['done']);
    expect(answer.runs).toHaveLength(3);
    for (const run of answer.runs) {
      expect(run).toMatchObject({ state: 'succeeded', exitCode: 0, simulated: true });
      // An agent that comes late to its pipe finds two pieces in it.
      expect(run['tokens']).toBeGreaterThan(0);
      expect(run['tokens']).toBeLessThanOrEqual(run['machine'] === 'dx4-win95' ? 47 : 255);
      expect(run['tokensPerSecond']).toBeGreaterThan(0);
      expect(run['ttftMs']).toBeGreaterThan(0);
    }
    const texts = new Map(answer.runs.map((run) => [run['machine'], String(run['text'])]));
    const story = texts.get('pi-linux') ?? '';
    expect(faults(story)).toEqual([]);
    expect(texts.get('pentium2-win98')).toBe(story);
    expect(story.startsWith(texts.get('dx4-win95') ?? 'nothing')).toBe(true);
    const { benchmark } = answer;
    expect(benchmark.state).toBe('done');
    expect(benchmark.rows.map(({ kind }) => kind)).toEqual(['simulated', 'simulated', 'simulated']);
    for (const { statistics } of benchmark.rows) {
      const [reported, interval] = statistics;
      expect(reported).toMatchObject({ definition: 'tool.reported', n: 2, source: 'engine' });
      expect(interval).toMatchObject({ definition: 'tg.interval', n: 2, source: 'agent' });
      expect(reported?.deviation).toBeGreaterThanOrEqual(0);
    }
    expect(await demo.leftovers()).toEqual([]);
  });

  test('ends on Ctrl-C in the middle and leaves nothing behind', { timeout: LIMIT_MS }, async () => {
    const demo = await startDemo('cut-');
    await demo.said('transferring');
    demo.child.kill('SIGINT');
    expect(await demo.ended(), demo.stderr()).toBe(1);
    expect(demo.stdout()).toBe('');
    expect(await demo.leftovers()).toEqual([]);
  });
});
