import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { stagePath } from '../../../src/spool/paths.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Lane, LanePc } from './lane.ts';

const PATIENCE_MS = 100_000;
const RECORDS = 12;
const padding = 'the quick brown fox jumps over the lazy dog; '.repeat(50);
const GO_FILE = 'GO.TXT';

/**
 * Notes its start under the word it was given and prints 12 lines of 2 KB, each when the agent has written down the one
 * before, so that the LOG has as many blocks however slow the host is. In the middle it waits until it is let go on.
 */
const engine = `
printf '%s\\n' "$1" >> STARTS.TXT
written() { cat ../../OUT/*.LOG | wc -c; }
seen=$(written)
n=0
while [ $n -lt ${RECORDS} ]; do
  n=$((n+1))
  printf '%s %d ${padding}\\n' "$1" $n
  while now=$(written) && [ "$now" -le "$seen" ]; do sleep 0.01; done
  seen=$now
  while [ $n -eq ${RECORDS / 2} ] && [ ! -e ${GO_FILE} ]; do sleep 0.01; done
done
printf 'side file of %s' "$1" > SIDE.TXT
`;

/** What has passed on the cable when nothing but the place job is to come; and when nothing but the run is. */
export const placePhase: readonly RegExp[] = [/^STOR .*\/STAGE\//];
export const runPhase: readonly RegExp[] = [...placePhase, /^DELE .*\.END$/];

export const FIRST_BYTES = 60_000;
export const SECOND_BYTES = 30_000;

interface RunAnswer {
  readonly id: number;
  readonly state: string;
  readonly code?: string;
  readonly text?: string;
  readonly flags: readonly string[];
}

interface BundleAnswer {
  readonly folder: string;
}

/** A new bundle, and a run of it that is asked for together with its deployment, told by a word of its own. */
export class Story<Pc extends LanePc = LanePc> {
  readonly name: string;
  readonly #lane: Lane<Pc>;
  readonly #files: ReadonlyMap<string, Buffer>;
  #folder = '';

  private constructor(lane: Lane<Pc>, name: string) {
    this.#lane = lane;
    this.name = name;
    this.#files = new Map([
      ['FIRST.BIN', noise(`${name} first`, FIRST_BYTES)],
      ['SECOND.BIN', noise(`${name} second`, SECOND_BYTES)],
      ['ENGINE.SH', Buffer.from(`# ${name}\n${engine}`)],
    ]);
  }

  static async begin<Pc extends LanePc>(lane: Lane<Pc>, name: string): Promise<Story<Pc>> {
    const story = new Story(lane, name);
    // Each story opens its own session.
    lane.cable.cut();
    const { daemon } = lane;
    const files = [];
    for (const [file, bytes] of story.#files)
      files.push({ name: file, sha256: await daemon.upload(file, bytes) });
    const args = ['ENGINE.SH', { name: 'word', type: 'text', required: true }];
    const command = { program: 'sh', args, keep: ['SIDE.TXT'] };
    const bundle = await daemon.ask<BundleAnswer>('POST', '/bundles', { name, files, command });
    story.#folder = bundle.folder;
    lane.onLogRead = () => story.letGo();
    return story;
  }

  /** Asks for the run. A daemon that dies before it has answered is what some cases are about. */
  async ask(onAnswer: () => void = () => {}): Promise<void> {
    const machines = { names: [this.#lane.machine] };
    const request = { bundle: this.name, machines, parameters: { word: this.name }, deploy: true };
    await this.#lane.daemon.ask('POST', '/run', request).then(onAnswer, () => {});
  }

  /** The path of a file while it waits in STAGE. */
  staged(file: string): string {
    const bytes = this.#files.get(file) ?? Buffer.alloc(0);
    return stagePath(createHash('sha256').update(bytes).digest('hex'));
  }

  /** Lets the program go on; done by itself as soon as the daemon has read of its LOG. */
  letGo(): void {
    const folder = join(this.#lane.spoolFolder, this.#folder);
    if (existsSync(folder)) writeFileSync(join(folder, GO_FILE), '');
  }

  /** How often the engine was started with this story's word. */
  starts(): number {
    const path = join(this.#lane.spoolFolder, this.#folder, 'STARTS.TXT');
    if (!existsSync(path)) return 0;
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line === this.name).length;
  }

  /** The run in its end state. */
  end(): Promise<RunAnswer> {
    return waitFor(
      `the end of ${this.name}`,
      async () => {
        const run = await this.run();
        return run && ['succeeded', 'failed', 'timed-out', 'canceled'].includes(run.state) && run;
      },
      PATIENCE_MS,
    );
  }

  async run(): Promise<RunAnswer | undefined> {
    const { items } = await this.#lane.daemon.ask<{ items: RunAnswer[] }>('GET', `/runs?bundle=${this.name}`);
    expect(items.length).toBeLessThanOrEqual(1);
    const [run] = items;
    return run && this.#lane.daemon.ask<RunAnswer>('GET', `/runs/${run.id}`);
  }

  /** The run went well, once, and nothing of it is missing, doubled or left behind. */
  async expectSuccess(): Promise<void> {
    const run = await this.end();
    expect(run).toMatchObject({ state: 'succeeded', flags: [] });
    expect(run.text).toBe(this.#whole());
    const { jobId, stored, machines } = await this.#logs(run);
    expect(stored.equals(machines), 'the log is the machine’s').toBe(true);
    expect(this.starts()).toBe(1);
    await this.expectPlaced();
    await this.expectClean(jobId);
  }

  /** The agent was not there when the program ended: the run says so, and what was printed before is all there. */
  async expectAgentRestarted(starts: readonly number[]): Promise<void> {
    const run = await this.end();
    expect(run).toMatchObject({ state: 'failed', code: 'AGENT_RESTARTED', flags: [] });
    const { jobId, stored, machines } = await this.#logs(run);
    expect(stored.equals(machines), 'the log is the machine’s').toBe(true);
    expect(this.#whole().startsWith(run.text ?? '')).toBe(true);
    expect(starts).toContain(this.starts());
    await this.expectPlaced();
    await this.expectClean(jobId);
  }

  /** Whatever the machine forgot, the daemon has kept; and the program was not started a second time. */
  async expectSurvival(outcome: 'succeeded' | 'failed' | 'either'): Promise<void> {
    const run = await this.end();
    if (run.state === 'failed') expect(run.code).toBe('AGENT_RESTARTED');
    if (outcome !== 'either') expect(run.state).toBe(outcome);
    const { jobId, stored, machines } = await this.#logs(run);
    expect(stored.subarray(0, machines.length).equals(machines), 'the log begins as the machine’s').toBe(
      true,
    );
    if (stored.length > machines.length) expect(run.flags).toEqual(['machine-lost-log']);
    expect(this.#whole().startsWith(run.text ?? '')).toBe(true);
    expect(this.starts()).toBeLessThanOrEqual(1);
    if (run.state === 'succeeded') expect(run.text).toBe(this.#whole());
    await this.expectPlaced();
    await this.expectClean(jobId);
  }

  /** All that the engine prints. */
  #whole(): string {
    return Array.from({ length: RECORDS }, (_, index) => `${this.name} ${index + 1} ${padding}\n`).join('');
  }

  /** The log as the daemon has it, and as it is on the machine, or was when the daemon deleted it. */
  async #logs(run: RunAnswer): Promise<{ jobId: string; stored: Buffer; machines: Buffer }> {
    const stored = await this.#lane.daemon.bytes(`/api/v1/runs/${run.id}/log`);
    const jobId = /^#fleet98 1 ([0-9A-F]{8}) /.exec(stored.toString('latin1', 0, 40))?.[1] ?? '';
    const onDisk = join(this.#lane.spoolFolder, 'OUT', `${jobId}.LOG`);
    const machines =
      this.#lane.deletedLogs.get(jobId) ?? (existsSync(onDisk) ? readFileSync(onDisk) : Buffer.alloc(0));
    return { jobId, stored, machines };
  }

  /** Every file is on the machine as it was uploaded, and the daemon can prove it. */
  async expectPlaced(): Promise<void> {
    const folder = join(this.#lane.spoolFolder, this.#folder);
    for (const [file, bytes] of this.#files)
      expect(readFileSync(join(folder, file)).equals(bytes), file).toBe(true);
    expect(existsSync(join(folder, 'BUNDLE.OK'))).toBe(true);
    const answer = await this.#lane.daemon.ask<{ items: { path: string; method: string }[] }>(
      'GET',
      `/receipts?bundle=${this.name}`,
    );
    const proven = new Set(
      answer.items.filter(({ method }) => method === 'agent-crc').map(({ path }) => path),
    );
    expect(proven.size).toBe(this.#files.size);
  }

  /** What is left of this run's own files at worst goes before the next job, and so before the next story's end. */
  async expectClean(jobId: string): Promise<void> {
    const litter = (): readonly string[] =>
      this.#lane.leftovers().filter((file) => !file.startsWith(`OUT/${jobId}.`));
    await waitFor('a clean spool', () => litter().length === 0).catch(() => {});
    expect(litter()).toEqual([]);
    expect(this.#lane.daemonErrors()).toEqual([]);
  }
}

/** Bytes that look random and are the same each time. */
export function noise(seed: string, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at < length; at += 32) {
    blocks.push(createHash('sha256').update(`${seed} ${at}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}
