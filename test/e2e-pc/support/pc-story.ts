import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect } from 'vitest';
import type { MachineCheck } from '../../../src/contract/deployments.ts';
import type { Run } from '../../../src/contract/runs.ts';
import { stagePath } from '../../../src/spool/paths.ts';
import { noise } from '../../e2e/support/story.ts';
import type { PcLane } from './pc-lane.ts';

export const FIRST_BYTES = 60_000;
const SECOND_BYTES = 20_000;
const LINES = 12;
const padding = 'the quick brown fox jumps over the lazy dog; '.repeat(50);

/**
 * Notes its start under the word it was given, on the disk at once, and prints 12 lines of 2 KB. When it is told to, it
 * waits in the middle for a file that never comes.
 */
const engine = `
printf '%s\\n' "$1" >> STARTS.TXT
fsync STARTS.TXT
n=0
while [ $n -lt ${LINES} ]; do
  n=$((n+1))
  printf '%s %d ${padding}\\n' "$1" $n
  while [ "$2" = hold ] && [ $n -eq ${LINES / 2} ] && [ ! -e GO.TXT ]; do sleep 1; done
done
printf 'side file of %s' "$1" > SIDE.TXT
`;

const textOf = (name: string) => ({ name, type: 'text', required: true });

/** A new bundle on the PC, and a run of it that is asked for together with its deployment. */
export class PcStory {
  readonly name: string;
  /** The folder of the bundle in the spool. */
  folder = '';
  /** The ids of the jobs that went to the PC, in order: that of the place job, then that of the run. */
  readonly #jobs: string[] = [];
  readonly #lane: PcLane;
  readonly #files: ReadonlyMap<string, Buffer>;
  #runId = 0;

  private constructor(lane: PcLane, name: string) {
    this.#lane = lane;
    this.name = name;
    this.#files = new Map([
      ['FIRST.BIN', noise(`${name} first`, FIRST_BYTES)],
      ['SECOND.BIN', noise(`${name} second`, SECOND_BYTES)],
      ['ENGINE.SH', Buffer.from(`# ${name}\n${engine}`)],
    ]);
  }

  static async begin(lane: PcLane, name: string): Promise<PcStory> {
    const story = new PcStory(lane, name);
    const { cable, daemon } = lane;
    // Each story opens its own session.
    cable.cut();
    cable.onCommand = (command) => {
      lane.noteCommand(command);
      const job = /^STOR .*\/IN\/([0-9A-F]{8})\.TMP$/.exec(command)?.[1];
      if (job !== undefined && !story.#jobs.includes(job)) story.#jobs.push(job);
    };
    const files = [];
    for (const [file, bytes] of story.#files) {
      files.push({ name: file, sha256: await daemon.upload(file, bytes) });
    }
    const command = {
      program: 'sh',
      args: ['ENGINE.SH', textOf('word'), textOf('mode')],
      keep: ['SIDE.TXT'],
    };
    const bundle = await daemon.ask<{ folder: string }>('POST', '/bundles', { name, files, command });
    story.folder = bundle.folder;
    return story;
  }

  async ask(mode: 'hold' | 'go'): Promise<void> {
    const parameters = { word: this.name, mode };
    const request = {
      bundle: this.name,
      machines: { names: [this.#lane.machine] },
      parameters,
      deploy: true,
    };
    const { runs } = await this.#lane.daemon.ask<{ runs: { id: number }[] }>('POST', '/run', request);
    this.#runId = runs[0]?.id ?? 0;
  }

  /** The id of the job of the run, or a name that is none before it went to the PC for the first time. */
  get runJob(): string {
    return this.#jobs[1] ?? 'unknown';
  }

  run(): Promise<Run> {
    return this.#lane.daemon.ask<Run>('GET', `/runs/${this.#runId}`);
  }

  /** The run in its end state. */
  end(): Promise<Run> {
    return this.#lane.until(`the end of ${this.name}`, async () => {
      const run = await this.run();
      return ['succeeded', 'failed', 'timed-out', 'canceled'].includes(run.state) && run;
    });
  }

  storedLog(): Promise<Buffer> {
    return this.#lane.daemon.bytes(`/api/v1/runs/${this.#runId}/log`);
  }

  /** The path of a file while it waits in STAGE. */
  staged(file: string): string {
    const bytes = this.#files.get(file) ?? Buffer.alloc(0);
    return stagePath(createHash('sha256').update(bytes).digest('hex'));
  }

  /** All that the engine prints. */
  whole(): string {
    return Array.from({ length: LINES }, (_, index) => `${this.name} ${index + 1} ${padding}\n`).join('');
  }

  /** Where BUNDLE.OK has reached the disk, every file that it vouches for has, too. */
  expectPromisesKept(left: string): void {
    const marker = join(left, this.folder, 'BUNDLE.OK');
    if (!existsSync(marker)) return;
    expect(readFileSync(marker, 'latin1')).toMatch(/\r\neof=1\r\n$/);
    for (const [file, bytes] of this.#files) {
      expect(readFileSync(join(left, this.folder, file)).equals(bytes), `${file} on the disk`).toBe(true);
    }
  }

  /** The log as it had reached the disk when the power was cut. */
  logLeft(left: string): Buffer {
    const path = join(left, 'OUT', `${this.runJob}.LOG`);
    return existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  }

  /** Every file is on the PC as it was uploaded: read back, by the agent's CRC, and by the daemon's receipts. */
  async expectPlaced(): Promise<void> {
    const { daemon, machine } = this.#lane;
    const sums = new Map<string, string>();
    for (const [file, bytes] of this.#files) {
      const there = await this.#lane.read(`${this.folder}/${file}`);
      expect(there.equals(bytes), `${file} read back`).toBe(true);
      sums.set(`${this.folder}/${file}`, crc32(there).toString(16).toUpperCase().padStart(8, '0'));
    }
    const check = await daemon.ask<MachineCheck>('POST', `/machines/${machine}/verify`, {
      bundle: this.name,
    });
    expect(check).toMatchObject({ ok: true, bundles: [{ ok: true, marker: 'ok' }] });
    const { items } = await daemon.ask<{ items: { path: string; method: string; crc32: string }[] }>(
      'GET',
      `/receipts?bundle=${this.name}`,
    );
    const receipts = items.filter(({ method }) => method === 'agent-crc');
    expect(new Map(receipts.map((one) => [one.path, one.crc32]))).toEqual(sums);
  }

  /** How often the engine was started with this story's word. */
  async starts(): Promise<number> {
    const text = await this.#lane.read(`${this.folder}/STARTS.TXT`).catch(() => Buffer.alloc(0));
    return text
      .toString()
      .split('\n')
      .filter((line) => line === this.name).length;
  }
}
