import { existsSync, mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileClaim, JobHead, PlaceJob, RemoveJob, VerifyJob } from './jobs.ts';
import { measureFile, systemCode, type Measure } from './measure.ts';
import { flushFile } from './outbox.ts';
import { writeText, type TextLine } from './spool-text.ts';

export interface BundleEnd {
  readonly reason: 'done' | 'mismatch' | 'missing' | 'not-placed' | 'disk-full' | 'io-error';
  readonly lines: readonly TextLine[];
}

/** What was measured so far, as lines of the END, with the first name that was not right. */
class Report {
  readonly #lines: TextLine[] = [];
  #reason: BundleEnd['reason'] = 'done';

  get isGood(): boolean {
    return this.#reason === 'done';
  }

  note(claim: FileClaim, measure: Measure | undefined): void {
    if (measure !== undefined) this.#lines.push(['file', fileLine(claim.name, measure)]);
    if (isRight(claim, measure)) return;
    this.fail(claim, measure === undefined ? 'missing' : 'mismatch');
  }

  fail(claim: Pick<FileClaim, 'name'>, reason: BundleEnd['reason']): void {
    if (!this.isGood) return;
    this.#reason = reason;
    this.#lines.push(['bad', claim.name]);
  }

  end(): BundleEnd {
    return { reason: this.#reason, lines: this.#lines };
  }
}

const fileLine = (name: string, { sizeBytes, crc32 }: Measure): string => `${name},${sizeBytes},${crc32}`;

const isRight = (claim: FileClaim, measure: Measure | undefined): boolean =>
  measure?.sizeBytes === claim.sizeBytes && measure.crc32 === claim.crc32;

export const isPlaced = (folder: string, dir: string): boolean => existsSync(join(folder, dir, 'BUNDLE.OK'));

/** Measures the files of a placed bundle and changes nothing. */
export async function verifyBundle(folder: string, job: VerifyJob): Promise<BundleEnd> {
  if (!isPlaced(folder, job.dir)) return { reason: 'not-placed', lines: [] };
  return (await measureAll(folder, job.dir, job.files)).end();
}

async function measureAll(folder: string, dir: string, files: readonly FileClaim[]): Promise<Report> {
  const report = new Report();
  for (const claim of files) {
    try {
      report.note(claim, await measureFile(join(folder, dir, claim.name)));
    } catch {
      report.fail(claim, 'io-error');
    }
  }
  return report;
}

/** Brings a bundle's files to their folder and publishes BUNDLE.OK when all match. Repeating it is harmless. */
export async function placeBundle(folder: string, head: JobHead, job: PlaceJob): Promise<BundleEnd> {
  if (isPlaced(folder, job.dir)) {
    const end = (await measureAll(folder, job.dir, job.files)).end();
    return end.reason === 'missing' ? { ...end, reason: 'mismatch' } : end;
  }
  const report = new Report();
  for (const file of job.files) {
    try {
      report.note(file, await placeFile(folder, job.dir, file));
    } catch (error) {
      report.fail(file, reasonOf(error));
    }
    if (!report.isGood) return report.end();
  }
  return publish(folder, head, job, report);
}

const reasonOf = (error: unknown): 'disk-full' | 'io-error' =>
  ['ENOSPC', 'EDQUOT'].includes(systemCode(error)) ? 'disk-full' : 'io-error';

/** Returns what lies at the target afterwards, or what is wrong with the source. */
async function placeFile(
  folder: string,
  dir: string,
  file: PlaceJob['files'][number],
): Promise<Measure | undefined> {
  mkdirSync(join(folder, dir), { recursive: true });
  const target = join(folder, dir, file.name);
  const source = join(folder, file.source);
  const isStaged = file.source.startsWith('STAGE/');
  const present = await measureFile(target);
  if (isRight(file, present)) {
    if (isStaged) rmSync(source, { force: true });
    return present;
  }
  const offered = await measureFile(source);
  if (!isRight(file, offered) || source === target) return offered;
  if (isStaged) {
    rmSync(target, { force: true });
    renameSync(source, target);
    await flushFile(target);
    return offered;
  }
  return copyInto(source, target, join(folder, dir, 'PLACE.TMP'), file);
}

async function copyInto(source: string, target: string, temporary: string, claim: FileClaim) {
  try {
    await copyFile(source, temporary);
    await flushFile(temporary);
    const copied = await measureFile(temporary);
    if (isRight(claim, copied)) {
      rmSync(target, { force: true });
      renameSync(temporary, target);
    }
    return copied;
  } finally {
    rmSync(temporary, { force: true });
  }
}

async function publish(folder: string, head: JobHead, job: PlaceJob, report: Report): Promise<BundleEnd> {
  const temporary = join(folder, job.dir, 'BUNDLE.TMP');
  const { lines } = report.end();
  try {
    writeFileSync(
      temporary,
      writeText([['v', 1], ['id', head.id], ['token', head.token], ['daemon', head.daemon], ...lines]),
    );
    await flushFile(temporary);
    renameSync(temporary, join(folder, job.dir, 'BUNDLE.OK'));
    return report.end();
  } catch (error) {
    return { reason: reasonOf(error), lines: [...lines, ['bad', 'BUNDLE.OK']] };
  }
}

/** Deletes BUNDLE.OK, then the other files, then the folder if nothing else is in it. Repeating it is harmless. */
export function removeBundle(folder: string, job: RemoveJob): BundleEnd {
  const path = join(folder, job.dir);
  const report = new Report();
  removeFile(path, 'BUNDLE.OK', report);
  // A bundle that still looks placed keeps all its files.
  if (!report.isGood) return report.end();
  for (const name of [...job.names, 'BUNDLE.TMP', 'PLACE.TMP']) removeFile(path, name, report);
  try {
    rmdirSync(path);
  } catch {
    // What a program left in it keeps the folder; one that is gone already is fine.
  }
  return report.end();
}

function removeFile(path: string, name: string, report: Report): void {
  try {
    rmSync(join(path, name), { force: true });
  } catch {
    report.fail({ name }, 'io-error');
  }
}
