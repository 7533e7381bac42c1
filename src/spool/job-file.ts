import { DomainError } from '../domain/errors.ts';
import type { RunLimits } from '../domain/run.ts';
import type { JobMark, MeasuredFile } from './fields.ts';
import { isBundleFolder, isCrc32, isJobId, isSpoolName, isToken } from './identifiers.ts';
import { encodeKeyValues, maxFileBytes } from './key-value.ts';
import type { KeyValue } from './key-value.ts';

const MAX_ARGS = 64;
const MAX_FILES = 64;
const MAX_KEPT = 9;

export interface RunJob extends JobMark {
  readonly dir: string;
  /** A file of the bundle; or `prog`, a program of the machine. Exactly one of the two. */
  readonly exe?: string;
  readonly prog?: string;
  readonly args: readonly string[];
  readonly limits: RunLimits;
  /** Files of `dir` that are copied out at the end. */
  readonly keep: readonly string[];
  /** A file of `dir`; without it the program reads from the null device. */
  readonly stdin?: string;
}

export interface PlaceJob extends JobMark {
  readonly dir: string;
  /** `source` is `STAGE/<name>` (moved) or `B/<8 hex>/<name>` (copied). */
  readonly files: readonly (MeasuredFile & { readonly source: string })[];
}

export interface VerifyJob extends JobMark {
  readonly dir: string;
  readonly files: readonly MeasuredFile[];
}

/** The agent itself: the file in STAGE takes the place of AGENT.EXE. */
export interface UpdateJob extends JobMark {
  readonly file: MeasuredFile & { readonly source: string };
}

/** A placed bundle that has to go. */
export interface RemoveJob extends JobMark {
  readonly dir: string;
  readonly files: readonly { readonly name: string }[];
}

export interface KillJob extends JobMark {
  readonly target: string;
  readonly targetToken: string;
}

/** What the callers have checked long before; an agent would only answer `bad-job`. */
function expect(isRight: boolean, what: string): void {
  if (!isRight) throw new DomainError('BUG', `a job with a wrong ${what} was about to be sent`);
}

function head(kind: string, { id, token, daemon }: JobMark): KeyValue[] {
  expect(isJobId(id), 'id');
  expect(isToken(token), 'token');
  expect(isToken(daemon), 'daemon');
  return [
    ['v', '1'],
    ['kind', kind],
    ['id', id],
    ['token', token],
    ['daemon', daemon],
  ];
}

const tooLong = (): DomainError =>
  new DomainError(
    'COMMAND_TOO_LONG',
    `a job for the agent may have ${maxFileBytes} bytes, and this one has more`,
  );

const isSource = (path: string): boolean => {
  const parts = /^(STAGE|B\/[0-9A-F]{8})\/([^/]+)$/.exec(path);
  return parts !== null && isSpoolName(parts[2] ?? '');
};

/** Batch files need the command interpreter; nothing else does. */
const isBatch = (name: string): boolean => /\.(BAT|CMD)$/.test(name);

/** Throws COMMAND_TOO_LONG for more than 64 arguments or a file of more than 16 KiB. */
export function encodeRunJob(job: RunJob): Uint8Array {
  expect(isBundleFolder(job.dir), 'dir');
  expect((job.exe === undefined) !== (job.prog === undefined), 'program');
  expect(job.exe === undefined || isSpoolName(job.exe), 'exe');
  expect(job.stdin === undefined || isSpoolName(job.stdin), 'stdin');
  expect(job.keep.length <= MAX_KEPT && job.keep.every(isSpoolName), 'keep');
  if (job.args.length > MAX_ARGS) {
    throw new DomainError(
      'COMMAND_TOO_LONG',
      `${job.args.length} arguments are too many, ${MAX_ARGS} can be sent`,
    );
  }
  const { limitSeconds, quietSeconds, logMaxBytes } = job.limits;
  const entries: KeyValue[] = [...head('run', job), ['dir', job.dir]];
  if (job.exe !== undefined) entries.push(['exe', job.exe]);
  if (job.prog !== undefined) entries.push(['prog', job.prog]);
  for (const arg of job.args) entries.push(['arg', arg]);
  if (limitSeconds > 0) entries.push(['limit_s', String(Math.ceil(limitSeconds))]);
  if (quietSeconds > 0) entries.push(['quiet_s', String(Math.ceil(quietSeconds))]);
  entries.push(['log_max', String(logMaxBytes)]);
  for (const name of job.keep) entries.push(['keep', name]);
  if (job.stdin !== undefined) entries.push(['stdin', job.stdin]);
  if (job.exe !== undefined && isBatch(job.exe)) entries.push(['shell', '1']);
  return encodeKeyValues(entries, tooLong);
}

function fileValue(file: MeasuredFile): string {
  const crc32 = file.crc32.toUpperCase();
  expect(
    isSpoolName(file.name) && isCrc32(crc32) && Number.isSafeInteger(file.sizeBytes),
    `file ${file.name}`,
  );
  return `${file.name},${file.sizeBytes},${crc32}`;
}

function expectFileCount(count: number): void {
  if (count > MAX_FILES) {
    throw new DomainError(
      'INVALID_REQUEST',
      `a bundle may have ${MAX_FILES} files, and this one has ${count}`,
    );
  }
}

export function encodePlaceJob(job: PlaceJob): Uint8Array {
  expect(isBundleFolder(job.dir), 'dir');
  expectFileCount(job.files.length);
  const files = job.files.map((file): KeyValue => {
    expect(isSource(file.source), `source ${file.source}`);
    return ['file', `${file.source},${fileValue(file)}`];
  });
  return encodeKeyValues([...head('place', job), ['dir', job.dir], ...files], tooLong);
}

export function encodeVerifyJob(job: VerifyJob): Uint8Array {
  expect(isBundleFolder(job.dir), 'dir');
  expectFileCount(job.files.length);
  const files = job.files.map((file): KeyValue => ['file', fileValue(file)]);
  return encodeKeyValues([...head('verify', job), ['dir', job.dir], ...files], tooLong);
}

export function encodeRemoveJob(job: RemoveJob): Uint8Array {
  expect(isBundleFolder(job.dir), 'dir');
  expectFileCount(job.files.length);
  const files = job.files.map(({ name }): KeyValue => {
    expect(isSpoolName(name), `file ${name}`);
    return ['file', name];
  });
  return encodeKeyValues([...head('remove', job), ['dir', job.dir], ...files], tooLong);
}

export function encodeKillJob(job: KillJob): Uint8Array {
  expect(isJobId(job.target) && isToken(job.targetToken), 'target');
  return encodeKeyValues([...head('kill', job), ['target', job.target], ['target_token', job.targetToken]]);
}

export function encodeUpdateJob({ file, ...mark }: UpdateJob): Uint8Array {
  expect(file.source.startsWith('STAGE/') && isSource(file.source), `source ${file.source}`);
  expect(file.name === 'AGENT.EXE', `file ${file.name}`);
  return encodeKeyValues([...head('update', mark), ['file', `${file.source},${fileValue(file)}`]]);
}

export const encodeProbeJob = (job: JobMark): Uint8Array => encodeKeyValues(head('probe', job));
