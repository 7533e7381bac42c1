import { copyFileSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isPlaced } from './bundle.ts';
import type { JobHead, RunJob } from './jobs.ts';
import { LogFile } from './log-file.ts';
import { measureFile } from './measure.ts';
import { flushFile, jobPaths } from './outbox.ts';
import { Program, type ProgramEnd, type ProgramPlace } from './program.ts';
import { readSettings } from './settings.ts';
import type { TextLine } from './spool-text.ts';
import { usedBytes } from '../used-space.ts';

const maxKeptBytes = 1024 * 1024;

/** A run whose program has been started, or was refused. */
export interface StartedRun {
  readonly pid: number | undefined;
  kill(reason: 'killed'): boolean;
  /** Settles when the program has ended and the LOG is on the disk. */
  readonly ended: Promise<{ readonly reason: string; readonly lines: readonly TextLine[] }>;
}

/** Starts the program of a run; undefined when its bundle is not placed. `clock` and `boot` go into the LOG's first line. */
export function startRun(
  head: JobHead,
  job: RunJob,
  place: ProgramPlace,
  clock: { readonly name: string; readonly stepUs: number; readonly boot: number },
): StartedRun | undefined {
  const { folder } = place;
  if (!isPlaced(folder, job.dir)) return undefined;
  const firstLine = `#fleet98 1 ${head.id} ${head.token} clock=${clock.name} step_us=${clock.stepUs} boot=${clock.boot}\n`;
  const maxBytes = Math.min(job.logMaxBytes, Math.floor(freeBytes(folder) / 4));
  const log = new LogFile(jobPaths(folder, head.id).log, firstLine, maxBytes);
  const program = new Program(job, place, log);
  return {
    pid: program.pid,
    kill: (reason) => program.kill(reason),
    ended: program.ended.then((end) => finish(folder, head.id, job, log, end, program.pid)),
  };
}

/** The free bytes of the disk that a spool is on. A disk of a size of its own is the folder around the spool. */
export function freeBytes(folder: string): number {
  const { diskKb } = readSettings(folder);
  if (diskKb > 0) return Math.max(0, diskKb * 1024 - usedBytes(join(folder, '..')));
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

async function finish(
  folder: string,
  id: string,
  job: RunJob,
  log: LogFile,
  end: ProgramEnd,
  pid: number | undefined,
) {
  log.close();
  await flushFile(jobPaths(folder, id).log);
  const kept = await keepFiles(folder, id, job);
  return {
    reason: end.reason,
    lines: [...programLines(end, pid), ...(await logLines(folder, id, log.cut)), ...kept],
  };
}

function programLines(end: ProgramEnd, pid: number | undefined): readonly TextLine[] {
  const lines: TextLine[] = [];
  if (end.exit !== undefined) lines.push(['exit', end.exit]);
  if (end.signal !== undefined) lines.push(['signal', end.signal]);
  if (pid !== undefined) lines.push(['pid', pid]);
  lines.push(['wall_ms', Math.round(end.wallMs)], ['o_bytes', end.outBytes], ['e_bytes', end.errBytes]);
  if (Math.round(end.blockedMs) > 0) lines.push(['blocked_ms', Math.round(end.blockedMs)]);
  if (end.systemError !== undefined) lines.push(['oserr', end.systemError]);
  return lines;
}

/** Size and CRC of a run's LOG as it lies on the disk. */
export async function logLines(folder: string, id: string, isCut: boolean): Promise<readonly TextLine[]> {
  const measure = (await measureFile(jobPaths(folder, id).log)) ?? { sizeBytes: 0, crc32: '00000000' };
  const lines: TextLine[] = [
    ['log_bytes', measure.sizeBytes],
    ['log_crc32', measure.crc32],
  ];
  return isCut ? [...lines, ['log', 'cut']] : lines;
}

async function keepFiles(folder: string, id: string, job: RunJob): Promise<readonly TextLine[]> {
  const lines: TextLine[] = [];
  for (const [index, name] of job.keep.entries()) {
    const source = join(folder, job.dir, name);
    const target = jobPaths(folder, id).kept(index + 1);
    try {
      if (statSync(source).size > maxKeptBytes) continue;
      copyFileSync(source, target);
      await flushFile(target);
      const measure = await measureFile(target);
      if (measure !== undefined)
        lines.push(['keep', `${name},${index + 1},${measure.sizeBytes},${measure.crc32}`]);
    } catch {
      // A side file that cannot be copied is left out, like one that is missing.
    }
  }
  return lines;
}
