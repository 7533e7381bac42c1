import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Child } from './support/child.ts';
import { Daemon } from './support/daemon.ts';
import { FakeAgent } from './support/fake-agent.ts';
import { enlist, startMachines } from './support/machines.ts';
import type { Machine } from './support/machines.ts';
import { cpuSeconds, peakResidentBytes } from './support/process-usage.ts';
import { printReport, say } from './support/report.ts';
import { percentile } from './support/statistics.ts';
import { Workspace } from './support/workspace.ts';

/** Runs on a whole fleet followed at once: how late their bytes are safe, what that costs, and whether all arrive. */

const MACHINES = 300;
const SERVER_PROCESSES = 3;
const PROFILE = 'pentium2-win98';
/** A fleet of old machines: quick ones reach 36 tokens a second, most stay below 5. */
const CALM = { seconds: 30, tokensPerSecond: 5 };
/** 12,000 tokens a second over all machines. */
const STORM = { seconds: 20, tokensPerSecond: 40 };
const TICKS_PER_SECOND = 5;
/** Longer than the longest pause between two looks at a log. */
const WARM_UP_SECONDS = 16;
const LOOK_MS = 100;

interface Run {
  readonly id: number;
  readonly machine: string;
  readonly state: string;
}

/** A piece of a log: where it ended, and when it lay on the machine. */
interface Written {
  readonly endOffset: number;
  readonly atMs: number;
}

/** One machine with its run. */
interface Player {
  readonly agent: FakeAgent;
  readonly runId: number;
  readonly written: Written[];
}

/** Settles when `done` says so; a run that never comes so far must not keep the bench for ever. */
async function until(what: string, done: () => boolean | Promise<boolean>): Promise<void> {
  for (let left = 120_000 / LOOK_MS; !(await done()); left -= 1) {
    if (left <= 0) throw new Error(`waited in vain: ${what}`);
    await delay(LOOK_MS);
  }
}

/** Registered, with a bundle placed by real agents; then only the FTP servers stay, at the same ports. */
async function prepare(
  daemon: Daemon,
  workspace: Workspace,
): Promise<{ all: readonly Machine[]; bundle: string }> {
  const profiles = Array.from({ length: MACHINES }, () => PROFILE);
  const machines = await startMachines(workspace.disks, ['--profile', ...profiles]);
  say(`${MACHINES} simulated machines are up; probing them`);
  await enlist(daemon, machines.all);
  const files = { 'WORDS.BIN': Buffer.from('what the program would read') };
  const bundle = await daemon.addBundle('words', files, { command: { program: 'words' } });
  const { id } = await daemon.ask<{ id: number }>('POST', '/deploy', { bundle, machines: 'all' });
  await until('the deployment', async () => {
    return (await daemon.ask<{ state: string }>('GET', `/deployments/${id}`)).state === 'done';
  });
  await machines.stop();
  return { all: machines.all, bundle };
}

/** Several processes: the answers of one alone would come later than the daemon asks. */
function startServers(machines: readonly Machine[], folder: string): Promise<Child[]> {
  const program = fileURLToPath(new URL('support/ftp-servers.ts', import.meta.url));
  const start = (_: unknown, part: number): Promise<Child> => {
    const list = join(folder, `machines-${part}.json`);
    writeFileSync(list, JSON.stringify(machines.filter((__, index) => index % SERVER_PROCESSES === part)));
    return Child.start(['--import', 'tsx', program, list, PROFILE], { onLine: () => true });
  };
  return Promise.all(Array.from({ length: SERVER_PROCESSES }, start));
}

/** Starts a run on each machine and waits until every job was claimed. */
async function begin(daemon: Daemon, machines: readonly Machine[], bundle: string): Promise<Player[]> {
  const { runs: started } = await daemon.ask<{ runs: readonly Run[] }>('POST', '/run', {
    bundle,
    machines: 'all',
  });
  const runs = new Map(started.map(({ machine, id }) => [machine, id]));
  const players = machines.map(({ name, diskFolder }) => ({
    agent: new FakeAgent(diskFolder),
    runId: runs.get(name) ?? 0,
    written: [],
  }));
  const waiting = new Set(players);
  await until('the jobs', () => {
    for (const player of waiting) if (player.agent.claim()) waiting.delete(player);
    return waiting.size === 0;
  });
  return players;
}

/** Every machine adds its words in small steps, the machines spread over each step. Answers the seconds it took. */
async function speak(players: readonly Player[], pace: typeof CALM): Promise<number> {
  const startMs = performance.now();
  const ticks = pace.seconds * TICKS_PER_SECOND;
  for (let tick = 0; tick < ticks; tick += 1) {
    for (const [index, { agent, written }] of players.entries()) {
      const dueMs = startMs + ((tick + index / players.length) * 1000) / TICKS_PER_SECOND;
      const pauseMs = dueMs - performance.now();
      if (pauseMs > 1) await delay(pauseMs);
      agent.speak(pace.tokensPerSecond / TICKS_PER_SECOND);
      written.push({ endOffset: agent.bytes, atMs: performance.now() });
    }
  }
  return (performance.now() - startMs) / 1000;
}

const countWords = (players: readonly Player[]): number =>
  players.reduce((sum, { agent }) => sum + agent.words, 0);

/** How long each piece lay on its machine before the daemon said that it is stored. */
function lagsMs(players: readonly Player[], stored: ReadonlyMap<number, readonly Written[]>): number[] {
  const lags: number[] = [];
  for (const { runId, written } of players) {
    const commits = stored.get(runId) ?? [];
    let next = 0;
    for (const { endOffset, atMs } of written) {
      while (next < commits.length && (commits[next]?.endOffset ?? 0) < endOffset) next += 1;
      lags.push((commits[next]?.atMs ?? Number.POSITIVE_INFINITY) - atMs);
    }
  }
  return lags;
}

/** Publishes all ENDs, waits until the daemon has everything, and counts the logs that differ by a single byte. */
async function finish(daemon: Daemon, players: readonly Player[]): Promise<number> {
  for (const { agent } of players) agent.end();
  await until('the runs’ ends', () => players.every(({ agent }) => agent.isCollected()));
  let wrong = 0;
  for (const { agent, runId } of players) {
    await until(`the end of run ${runId}`, async () => {
      return (await daemon.ask<Run>('GET', `/runs/${runId}`)).state === 'succeeded';
    });
    if (!agent.log.equals(Buffer.from(await daemon.read(`/runs/${runId}/log`)))) wrong += 1;
  }
  return wrong;
}

async function round(daemon: Daemon, machines: readonly Machine[], bundle: string, pace: typeof CALM) {
  const stored = new Map<number, Written[]>();
  const listening = new AbortController();
  const note = (data: unknown): void => {
    if (typeof data !== 'object' || data === null || !('run' in data) || !('endOffset' in data)) return;
    const commits = stored.get(Number(data.run)) ?? [];
    stored.set(Number(data.run), commits);
    commits.push({ endOffset: Number(data.endOffset), atMs: performance.now() });
  };
  await daemon.listen('log', note, listening.signal);
  const players = await begin(daemon, machines, bundle);
  // While the last jobs were claimed the daemon looked less and less often; now it follows runs that are in full swing.
  await speak(players, { ...pace, seconds: WARM_UP_SECONDS });
  for (const { written } of players) written.length = 0;
  const cpuBefore = cpuSeconds(daemon.pid);
  const wordsBefore = countWords(players);
  const seconds = await speak(players, pace);
  const words = countWords(players) - wordsBefore;
  const cpuAfter = cpuSeconds(daemon.pid);
  const wrong = await finish(daemon, players);
  // The last events are told a moment after the commit.
  await delay(500);
  listening.abort();
  return {
    lags: lagsMs(players, stored),
    cores: cpuBefore === undefined || cpuAfter === undefined ? undefined : (cpuAfter - cpuBefore) / seconds,
    tokensPerSecond: words / seconds,
    wrong,
  };
}

const workspace = new Workspace(512 * 1024 ** 2);
const daemon = await Daemon.start(join(workspace.folder, 'data'), { FLEET98_DEPLOY_PARALLEL: '64' });
const { all, bundle } = await prepare(daemon, workspace);
const servers = await startServers(all, workspace.folder);
say(`${MACHINES} runs, ${CALM.tokensPerSecond} tokens a second each`);
const calm = await round(daemon, all, bundle, CALM);
say(`${MACHINES} runs, ${STORM.tokensPerSecond} tokens a second each`);
const storm = await round(daemon, all, bundle, STORM);
const peak = peakResidentBytes(daemon.pid);
await daemon.stop();
await Promise.all(servers.map((server) => server.stop()));

printReport(
  `ingest: ${MACHINES} runs followed at once`,
  [
    {
      key: 'lagP99Ms',
      label: 'lag until stored, p99',
      value: percentile(calm.lags, 99),
      unit: 'ms',
      want: { atMost: 2000 },
    },
    { key: 'lagP50Ms', label: 'lag until stored, median', value: percentile(calm.lags, 50), unit: 'ms' },
    { key: 'cores', label: 'daemon, processor', value: calm.cores, unit: 'cores', want: { atMost: 0.5 } },
    {
      key: 'tokensPerSecond',
      label: 'tokens taken in',
      value: storm.tokensPerSecond,
      unit: '/s',
      want: { atLeast: 11_900 },
    },
    {
      key: 'wrongLogs',
      label: 'logs that differ by a byte',
      value: calm.wrong + storm.wrong,
      unit: '',
      want: { atMost: 0 },
    },
    { key: 'stormLagP99Ms', label: 'lag in the storm, p99', value: percentile(storm.lags, 99), unit: 'ms' },
    { key: 'stormCores', label: 'daemon in the storm', value: storm.cores, unit: 'cores' },
    {
      key: 'daemonPeakMb',
      label: 'daemon, most memory',
      value: peak === undefined ? undefined : peak / 1e6,
      unit: 'MB',
    },
  ],
  [
    'The agents are played by the bench, which writes the logs itself; the FTP servers are the simulator’s, in processes',
    `of their own. The lag ends with the daemon’s event, at most 50 ms after the commit.`,
  ],
);
