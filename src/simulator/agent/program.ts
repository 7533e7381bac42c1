import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, chmodSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { guardGroup, killGroup } from './guard.ts';
import type { RunJob } from './jobs.ts';
import type { LogFile, LogState } from './log-file.ts';
import { describeSystemError, systemError } from './system-error.ts';

export type KillReason = 'killed' | 'limit' | 'quiet' | 'disk-full';

export interface ProgramEnd {
  readonly reason: 'exited' | 'start-failed' | KillReason;
  readonly exit?: number;
  readonly signal?: number;
  readonly wallMs: number;
  readonly outBytes: number;
  readonly errBytes: number;
  readonly blockedMs: number;
  /** The system's number and words, when it refused to start the program. */
  readonly systemError?: string;
}

export interface ProgramPlace {
  /** The spool on this system. */
  readonly folder: string;
  readonly environment: Readonly<NodeJS.ProcessEnv>;
}

interface Child {
  readonly process: ChildProcess;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

const drainMs = 2_000;
const retryMs = 50;

/** One program started by a run: owns its pipes, its limits and its end. */
export class Program {
  readonly pid: number | undefined;
  /** Settles when the program and its pipes are done; never rejects. */
  readonly ended: Promise<ProgramEnd>;
  readonly #log: LogFile;
  readonly #startedMs = performance.now();
  #child: Child | undefined;
  #killedFor: KillReason | undefined;
  #hasExited = false;
  #outBytes = 0;
  #errBytes = 0;
  #blockedMs = 0;
  #blockedSinceMs: number | undefined;
  #lastOutputMs = this.#startedMs;
  #retry: NodeJS.Timeout | undefined;

  constructor(job: RunJob, place: ProgramPlace, log: LogFile) {
    this.#log = log;
    try {
      this.#child = startChild(job, place);
    } catch (error) {
      this.ended = Promise.resolve(
        this.#end({ reason: 'start-failed', systemError: describeSystemError(error) }),
      );
      return;
    }
    this.pid = this.#child.process.pid;
    this.ended = this.#follow(this.#child, job);
  }

  /** Kills the program with its whole group; false when it had ended by itself before. */
  kill(reason: KillReason): boolean {
    if (this.#hasExited || this.pid === undefined) return false;
    this.#killedFor ??= reason;
    killGroup(this.pid);
    return true;
  }

  async #follow(child: Child, job: RunJob): Promise<ProgramEnd> {
    this.#listen(child.stdout, 'o');
    this.#listen(child.stderr, 'e');
    const closed = new Promise<void>((resolve) => child.process.once('close', () => resolve()));
    const exit = new Promise<Partial<ProgramEnd>>((resolve) => {
      child.process.once('error', (error) =>
        resolve({ reason: 'start-failed', systemError: describeSystemError(error) }),
      );
      child.process.once('exit', (code, signal) => resolve(exitOf(code, signal)));
    });
    const liftGuard = this.pid === undefined ? () => {} : guardGroup(this.pid);
    const stopTimers = this.#watchLimits(job);
    const how = await exit;
    this.#hasExited = true;
    stopTimers();
    const wallMs = performance.now() - this.#startedMs;
    if (how.reason !== 'start-failed') await this.#drain(child, closed);
    clearTimeout(this.#retry);
    liftGuard();
    return this.#end({ reason: this.#killedFor ?? 'exited', ...how, wallMs });
  }

  #listen(pipe: Readable, stream: 'o' | 'e'): void {
    pipe.on('error', () => {});
    pipe.on('data', (bytes: Buffer) => {
      const now = performance.now();
      this.#lastOutputMs = now;
      if (stream === 'o') this.#outBytes += bytes.length;
      else this.#errBytes += bytes.length;
      this.#heed(this.#log.add(stream, bytes, now - this.#startedMs));
    });
  }

  #heed(state: LogState): void {
    if (state === 'disk-full') this.kill('disk-full');
    if (state === 'ring-full' && this.#blockedSinceMs === undefined) {
      this.#blockedSinceMs = performance.now();
      this.#child?.stdout.pause();
      this.#child?.stderr.pause();
    }
    if (state === 'written' || state === 'disk-full') this.#unblock();
    if (state === 'kept' || state === 'ring-full') {
      this.#retry ??= setTimeout(() => {
        this.#retry = undefined;
        this.#heed(this.#log.flush());
      }, retryMs);
    }
  }

  #unblock(): void {
    if (this.#blockedSinceMs === undefined) return;
    this.#blockedMs += performance.now() - this.#blockedSinceMs;
    this.#blockedSinceMs = undefined;
    this.#child?.stdout.resume();
    this.#child?.stderr.resume();
  }

  /** A process that the program left behind may hold the pipes: it is not waited for longer than `drainMs`. */
  async #drain(child: Child, closed: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), drainMs);
    });
    const first = await Promise.race([closed, late]);
    clearTimeout(timer);
    if (first === 'late' && this.pid !== undefined) killGroup(this.pid);
    child.stdout.destroy();
    child.stderr.destroy();
  }

  #watchLimits(job: RunJob): () => void {
    const limit =
      job.limitSeconds > 0 ? longTimer(job.limitSeconds * 1000, () => this.kill('limit')) : () => {};
    const quietMs = job.quietSeconds * 1000;
    const quiet =
      quietMs > 0
        ? setInterval(() => {
            if (performance.now() - this.#lastOutputMs >= quietMs) this.kill('quiet');
          }, 100)
        : undefined;
    return () => {
      limit();
      clearInterval(quiet);
    };
  }

  #end(how: Partial<ProgramEnd> & Pick<ProgramEnd, 'reason'>): ProgramEnd {
    return {
      wallMs: 0,
      outBytes: this.#outBytes,
      errBytes: this.#errBytes,
      blockedMs: this.#blockedMs,
      ...how,
    };
  }
}

function startChild(job: RunJob, place: ProgramPlace): Child {
  const cwd = join(place.folder, job.dir);
  const file = 'exe' in job.program ? readyExecutable(join(cwd, job.program.exe)) : job.program.prog;
  const stdin = openSync(job.stdin === undefined ? '/dev/null' : join(cwd, job.stdin), 'r');
  try {
    const child = spawn(file, [...job.args], {
      cwd,
      env: place.environment,
      stdio: [stdin, 'pipe', 'pipe'],
      detached: true,
    });
    const { stdout, stderr } = child;
    if (stdout === null || stderr === null) throw systemError('EPIPE', 'no pipes to the program');
    return { process: child, stdout, stderr };
  } finally {
    closeSync(stdin);
  }
}

/** Makes the file executable; refuses what execv would refuse, since the C library would hand it to a shell instead. */
function readyExecutable(path: string): string {
  if (!statSync(path).isFile()) throw systemError('EACCES', 'permission denied');
  chmodSync(path, 0o755);
  accessSync(path, constants.X_OK);
  const head = Buffer.alloc(4);
  const descriptor = openSync(path, 'r');
  readSync(descriptor, head);
  closeSync(descriptor);
  const isKnown = head.toString('latin1') === '\x7fELF' || head.toString('latin1', 0, 2) === '#!';
  if (!isKnown && process.platform === 'linux') throw systemError('ENOEXEC', 'exec format error');
  return path;
}

function exitOf(code: number | null, signal: NodeJS.Signals | null): Partial<ProgramEnd> {
  if (signal === null) return { exit: code ?? 0 };
  const number = osConstants.signals[signal];
  return { exit: 128 + number, signal: number };
}

/** A timer that also takes more than the 24 days of setTimeout. */
function longTimer(delayMs: number, act: () => void): () => void {
  const longestMs = 2 ** 31 - 1;
  let timer: NodeJS.Timeout;
  const wait = (leftMs: number): void => {
    timer = setTimeout(
      () => (leftMs > longestMs ? wait(leftMs - longestMs) : act()),
      Math.min(leftMs, longestMs),
    );
  };
  wait(delayMs);
  return () => clearTimeout(timer);
}
