import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { platforms } from '../../platforms/index.ts';
import { placeBundle, removeBundle, verifyBundle } from './bundle.ts';
import { readJob, type Job, type JobHead, type KillJob, type ReadJob, type RunJob } from './jobs.ts';
import { takeLock } from './lock.ts';
import { clock, raiseBoot, writeInfo } from './machine-info.ts';
import { flushFileNow, jobPaths, prepareEnd, publishEnd } from './outbox.ts';
import { logLines, startRun, type StartedRun } from './run.ts';
import { identityOf, replaceProgram, type AgentIdentity } from './update.ts';
import { readSettings, type AgentSettings } from './settings.ts';
import { isJobId } from './spool-names.ts';
import { maxTextBytes, readText, type TextLine } from './spool-text.ts';
import { describeSystemError } from './system-error.ts';

export interface AgentOptions {
  /** Added to the environment that the programs of runs inherit. */
  readonly environment?: Readonly<Record<string, string>>;
}

interface ActiveRun {
  readonly head: JobHead;
  readonly run: StartedRun;
  /** Settles when the run's END is published; says whether the program ended by itself. */
  readonly closed: Promise<{ readonly reason: string }>;
}

const idleHourMs = 3_600_000;
const idlePollMs = 5_000;
const endTries = 10;
const endRetryMs = 100;

/**
 * The agent of a simulated machine, written from docs/agent-protocol.md alone. It serves one spool folder from
 * `start()` to `stop()`.
 */
export class SimulatedAgent {
  readonly #folder: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #stopping = new AbortController();
  #settings: AgentSettings | undefined;
  #releaseLock: () => void = () => {};
  #boot = 0;
  #identity: AgentIdentity | undefined;
  #sequence = 0;
  #active: ActiveRun | undefined;
  /** An END could not be published: its RUN is still there. */
  #owes = false;
  #loop: Promise<void> = Promise.resolve();
  #lastWorkMs = 0;
  #lastInfoMs = 0;

  constructor(folder: string, options: AgentOptions = {}) {
    this.#folder = resolve(folder);
    this.#environment = { ...process.env, ...options.environment };
  }

  /** Takes the spool, cleans up after an earlier agent and begins to look for jobs. Throws SpoolLocked. */
  async start(): Promise<void> {
    this.#releaseLock = takeLock(this.#folder);
    for (const name of ['IN', 'RUN', 'OUT', 'STAGE', 'B'])
      mkdirSync(join(this.#folder, name), { recursive: true });
    this.#begin();
    await this.#recover();
    this.#removeOldEnds();
    this.#writeInfo();
    this.#lastWorkMs = performance.now();
    this.#loop = this.#work();
  }

  #begin(): void {
    this.#settings = readSettings(this.#folder);
    this.#identity = identityOf(this.#folder);
    this.#boot = raiseBoot(this.#folder);
  }

  /** Kills the program of a run, lets the run end as `killed`, and gives the spool back. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#active?.run.kill('killed');
    await this.#loop;
    await this.#active?.closed;
    this.#releaseLock();
  }

  /** Settles what is in RUN while nothing runs. */
  async #recover(): Promise<void> {
    this.#owes = false;
    const others: ReadJob[] = [];
    for (const name of sortedNames(this.#folder, 'RUN', '.RUN')) {
      const id = name.slice(0, 8);
      const paths = jobPaths(this.#folder, id);
      // A disk's repair may have left a claimed job under its old name only: that says whose it was, and no more.
      const again = existsSync(paths.job) ? readJob(id, readHead(paths.job)) : undefined;
      const read = readJob(id, readHead(paths.run)) ?? again ?? damagedJob(id);
      // A second delivery must not outlive the END, which may be collected at any time.
      rmSync(paths.job, { force: true });
      if (existsSync(paths.end)) {
        rmSync(paths.run, { force: true });
        continue;
      }
      if ('job' in read && read.job.kind === 'run') {
        await this.#publish(read.head, 'agent-restarted', await logLines(this.#folder, id, false));
      } else others.push(read);
    }
    // After the runs: a kill asks how one of them ended.
    for (const read of others) await this.#execute(read);
  }

  #removeOldEnds(): void {
    for (const name of sortedNames(this.#folder, 'OUT', '.TMP')) {
      const paths = jobPaths(this.#folder, name.slice(0, 8));
      if (!existsSync(paths.run)) rmSync(paths.temporary, { force: true });
    }
  }

  async #work(): Promise<void> {
    const { signal } = this.#stopping;
    const { pollMs, beatSeconds } = this.#settings ?? readSettings(this.#folder);
    while (!signal.aborted) {
      if (this.#owes && this.#active === undefined) await this.#recover();
      await this.#lookIntoIn();
      const now = performance.now();
      if (beatSeconds > 0 && now - this.#lastInfoMs >= beatSeconds * 1000) this.#writeInfo();
      const isIdle = now - this.#lastWorkMs > idleHourMs;
      await this.#pause(isIdle ? Math.max(pollMs, idlePollMs) : pollMs);
    }
  }

  async #lookIntoIn(): Promise<void> {
    for (const name of sortedNames(this.#folder, 'IN', '.JOB')) {
      if (this.#stopping.signal.aborted) return;
      const read = this.#claim(name.slice(0, 8));
      if (read === undefined) continue;
      this.#lastWorkMs = performance.now();
      await this.#execute(read);
    }
  }

  /** The claim of part 4; undefined when the job stays, or was taken before. */
  #claim(id: string): ReadJob | undefined {
    const paths = jobPaths(this.#folder, id);
    let isPrepared = false;
    try {
      const read = readJob(id, readHead(paths.job));
      if (read === undefined) return undefined;
      if (this.#active !== undefined && !['kill', 'probe'].includes(read.head.kind)) return undefined;
      if (existsSync(paths.run) || existsSync(paths.end)) {
        rmSync(paths.job, { force: true });
        return undefined;
      }
      const hasLog = existsSync(paths.log);
      prepareEnd(this.#folder, id, countFiles(read));
      isPrepared = true;
      flushFileNow(paths.job);
      renameSync(paths.job, paths.run);
      return hasLog ? { head: read.head, why: 'log-exists' } : read;
    } catch {
      // The daemon took the job back meanwhile, or the disk is full: it stays unclaimed.
      if (isPrepared && !existsSync(paths.run)) rmSync(paths.temporary, { force: true });
      return undefined;
    }
  }

  async #execute(read: ReadJob): Promise<void> {
    if ('why' in read) return this.#publish(read.head, 'bad-job', [['why', read.why]]);
    try {
      await this.#executeJob(read.head, read.job);
    } catch (error) {
      const reason = read.job.kind === 'run' ? 'start-failed' : 'io-error';
      await this.#publish(read.head, reason, [['oserr', describeSystemError(error)]]);
    }
  }

  async #executeJob(head: JobHead, job: Job): Promise<void> {
    switch (job.kind) {
      case 'run':
        return this.#startRun(head, job);
      case 'kill':
        return this.#publish(head, await this.#kill(job), []);
      case 'probe':
        this.#writeInfo();
        return this.#publish(head, 'done', []);
      case 'place': {
        const { reason, lines } = await placeBundle(this.#folder, head, job);
        return this.#publish(head, reason, lines);
      }
      case 'remove': {
        const { reason, lines } = removeBundle(this.#folder, job);
        return this.#publish(head, reason, lines);
      }
      case 'update': {
        const { reason, lines } = await replaceProgram(this.#folder, job);
        const isNew = reason === 'done' && identityOf(this.#folder).build !== this.#identity?.build;
        if (isNew) this.#begin();
        await this.#publish(head, reason, lines);
        if (isNew) this.#writeInfo();
        return;
      }
      case 'verify': {
        const { reason, lines } = await verifyBundle(this.#folder, job);
        return this.#publish(head, reason, lines);
      }
    }
  }

  async #startRun(head: JobHead, job: RunJob): Promise<void> {
    const place = { folder: this.#folder, environment: this.#environment };
    const run = startRun(head, this.#asAble(job), place, { ...clock, boot: this.#boot });
    if (run === undefined) {
      return this.#publish(head, 'not-placed', await logLines(this.#folder, head.id, false));
    }
    this.#active = { head, run, closed: this.#closeRun(head, run) };
    this.#writeInfo();
  }

  /** On some systems nobody can end a program after a time. */
  #asAble(job: RunJob): RunJob {
    const { platform } = this.#settings ?? readSettings(this.#folder);
    const canLimit = Object.values(platforms).find(({ id }) => id === platform)?.canLimit ?? true;
    return canLimit ? job : { ...job, limitSeconds: 0, quietSeconds: 0 };
  }

  async #closeRun(head: JobHead, run: StartedRun): Promise<{ readonly reason: string }> {
    const { reason, lines } = await run.ended;
    // Nobody else can tell how the run ended, so this END is tried until the agent stops.
    while (!(await this.#publishOnce(head, reason, lines)) && !this.#stopping.signal.aborted) {
      await this.#pause(endRetryMs);
    }
    this.#active = undefined;
    this.#lastWorkMs = performance.now();
    this.#writeInfo();
    return { reason };
  }

  async #kill(job: KillJob): Promise<string> {
    const active = this.#active;
    if (active?.head.id === job.target) {
      if (active.head.token !== job.targetToken) return 'not-known';
      const wasRunning = active.run.kill('killed');
      const { reason } = await active.closed;
      return wasRunning && reason === 'killed' ? 'killed' : 'already-ended';
    }
    const { end } = jobPaths(this.#folder, job.target);
    if (!existsSync(end)) return 'not-known';
    const text = readText(readHead(end));
    const isSame = text.state === 'whole' && text.file.one('token') === job.targetToken;
    return isSame ? 'already-ended' : 'not-known';
  }

  /** Publishes an END. If it cannot be done now, RUN stays and is settled later. */
  async #publish(head: JobHead, reason: string, lines: readonly TextLine[]): Promise<void> {
    for (let tries = 0; tries < endTries; tries += 1) {
      if (await this.#publishOnce(head, reason, lines)) return;
      await this.#pause(endRetryMs);
    }
    this.#owes = true;
  }

  async #publishOnce(head: JobHead, reason: string, lines: readonly TextLine[]): Promise<boolean> {
    try {
      await publishEnd(this.#folder, head, reason, lines);
      return true;
    } catch {
      return false;
    }
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stopping.signal }).catch(() => {});
  }

  #writeInfo(): void {
    this.#lastInfoMs = performance.now();
    this.#sequence += 1;
    try {
      writeInfo(this.#folder, this.#settings ?? readSettings(this.#folder), {
        identity: this.#identity ?? identityOf(this.#folder),
        boot: this.#boot,
        sequence: this.#sequence,
        job: this.#active?.head.id,
        childPid: this.#active?.run.pid,
      });
    } catch {
      // A full or removed disk: the next change writes it again.
    }
  }
}

/** A claimed job was whole once; what has become of it cannot be told. */
const damagedJob = (id: string): ReadJob => ({ head: { id, token: '', daemon: '', kind: '' }, why: 'text' });

/** How many files the END of a job may tell of. */
const countFiles = (read: ReadJob): number =>
  'job' in read && (read.job.kind === 'place' || read.job.kind === 'verify') ? read.job.files.length : 0;

function sortedNames(folder: string, sub: string, ending: string): readonly string[] {
  try {
    return readdirSync(join(folder, sub))
      .filter((name) => name.endsWith(ending) && isJobId(name.slice(0, -ending.length)))
      .toSorted();
  } catch {
    return [];
  }
}

/** Enough of a file to know whether it is too long; never more. */
function readHead(path: string): Buffer {
  const bytes = Buffer.alloc(maxTextBytes + 1);
  const descriptor = openSync(path, 'r');
  try {
    return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(descriptor);
  }
}
