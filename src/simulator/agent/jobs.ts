import { agentNames, isBundleFolder, isSpoolName } from './spool-names.ts';
import { readText, type TextFile } from './spool-text.ts';

export interface FileClaim {
  readonly name: string;
  readonly sizeBytes: number;
  readonly crc32: string;
}

export interface RunJob {
  readonly kind: 'run';
  readonly dir: string;
  /** A file of `dir`, or a program that the system finds by its own search path. */
  readonly program: { readonly exe: string } | { readonly prog: string };
  readonly args: readonly string[];
  readonly limitSeconds: number;
  readonly quietSeconds: number;
  readonly logMaxBytes: number;
  readonly keep: readonly string[];
  readonly stdin?: string;
}

export interface PlaceJob {
  readonly kind: 'place';
  readonly dir: string;
  readonly files: readonly (FileClaim & { readonly source: string })[];
}

export interface VerifyJob {
  readonly kind: 'verify';
  readonly dir: string;
  readonly files: readonly FileClaim[];
}

export interface RemoveJob {
  readonly kind: 'remove';
  readonly dir: string;
  readonly names: readonly string[];
}

/** The agent's own program: a file of STAGE takes the place of AGENT.EXE. */
export interface UpdateJob {
  readonly kind: 'update';
  readonly file: FileClaim & { readonly source: string };
}

export interface KillJob {
  readonly kind: 'kill';
  readonly target: string;
  readonly targetToken: string;
}

export interface ProbeJob {
  readonly kind: 'probe';
}

export type Job = RunJob | PlaceJob | VerifyJob | RemoveJob | KillJob | ProbeJob | UpdateJob;

/** What every job carries; texts are as found, so that an END can repeat them. */
export interface JobHead {
  readonly id: string;
  readonly token: string;
  readonly daemon: string;
  readonly kind: string;
}

export type ReadJob =
  | { readonly head: JobHead; readonly job: Job }
  | { readonly head: JobHead; /** The short word of `bad-job`. */ readonly why: string };

export const jobKinds = ['run', 'place', 'verify', 'kill', 'remove', 'probe', 'update'] as const;
const defaultLogMaxBytes = 8_388_608;
const maxRepeats = 64;

class BadJob extends Error {}

const bad = (why: string): never => {
  throw new BadJob(why);
};

/** Understands the job file `<id>.JOB`; undefined while it has no `eof=1`. Never throws on any bytes. */
export function readJob(id: string, bytes: Buffer): ReadJob | undefined {
  const text = readText(bytes);
  if (text.state === 'not-there-yet') return undefined;
  const { file } = text;
  const word = (key: string): string => (file.one(key) ?? '').slice(0, 64);
  const head = { id, token: word('token'), daemon: word('daemon'), kind: word('kind') };
  if (text.state === 'too-long') return { head, why: 'too-long' };
  if (text.state === 'damaged') return { head, why: 'text' };
  try {
    checkHead(head, file);
    return { head, job: readKind(file) };
  } catch (error) {
    if (error instanceof BadJob) return { head, why: error.message };
    throw error;
  }
}

function checkHead(head: JobHead, file: TextFile): void {
  if (file.one('id') !== head.id) bad('id');
  if (!/^[0-9A-F]{16}$/.test(head.token) || !/^[0-9A-F]{16}$/.test(head.daemon)) bad('token');
  if (file.one('v') !== '1') bad('kind');
}

function readKind(file: TextFile): Job {
  switch (file.one('kind')) {
    case 'run':
      return readRun(file);
    case 'place':
      return { kind: 'place', dir: readDir(file), files: readFiles(file, readPlaced) };
    case 'verify':
      return { kind: 'verify', dir: readDir(file), files: readFiles(file, (fields) => readClaim(fields)) };
    case 'remove':
      return { kind: 'remove', dir: readDir(file), names: readFiles(file, readName).map(({ name }) => name) };
    case 'update':
      return readUpdate(file);
    case 'kill':
      return readKill(file);
    case 'probe':
      return { kind: 'probe' };
    default:
      return bad('kind');
  }
}

function readRun(file: TextFile): RunJob {
  const dir = readDir(file);
  const args = file.all('arg');
  const keep = file.all('keep');
  const stdin = file.one('stdin');
  if (args.length > maxRepeats || keep.length > 9) bad('too-long');
  // Node hands on text only.
  if (!file.isText('arg')) bad('arg');
  if ([...keep, ...(stdin === undefined ? [] : [stdin])].some((name) => !isSpoolName(name))) bad('file');
  return {
    kind: 'run',
    dir,
    program: readProgram(file),
    args,
    limitSeconds: readNumber(file, 'limit_s', 0),
    quietSeconds: readNumber(file, 'quiet_s', 0),
    logMaxBytes: readNumber(file, 'log_max', defaultLogMaxBytes),
    keep,
    ...(stdin === undefined ? {} : { stdin }),
  };
}

function readProgram(file: TextFile): RunJob['program'] {
  const exe = file.one('exe');
  const prog = file.one('prog');
  if (exe !== undefined && prog === undefined && isSpoolName(exe)) return { exe };
  if (prog !== undefined && exe === undefined && /^[A-Za-z0-9_+][A-Za-z0-9._+-]{0,63}$/.test(prog))
    return { prog };
  return bad('exe');
}

function readUpdate(file: TextFile): UpdateJob {
  const [claim, ...more] = readFiles(file, readPlaced);
  if (!claim || more.length > 0) return bad('file');
  if (!claim.source.startsWith('STAGE/') || claim.name !== 'AGENT.EXE') return bad('file');
  return { kind: 'update', file: claim };
}

function readKill(file: TextFile): KillJob {
  const target = file.one('target') ?? '';
  const targetToken = file.one('target_token') ?? '';
  if (!/^[0-9A-F]{8}$/.test(target)) bad('id');
  if (!/^[0-9A-F]{16}$/.test(targetToken)) bad('token');
  return { kind: 'kill', target, targetToken };
}

function readDir(file: TextFile): string {
  const dir = file.one('dir') ?? '';
  return isBundleFolder(dir) ? dir : bad('dir');
}

const isCount = (text: string): boolean => /^\d{1,10}$/.test(text) && Number(text) <= 4_294_967_295;

function readNumber(file: TextFile, key: string, otherwise: number): number {
  const text = file.one(key);
  if (text === undefined) return otherwise;
  return isCount(text) ? Number(text) : bad('number');
}

function readFiles<T extends { readonly name: string }>(
  file: TextFile,
  read: (fields: readonly string[]) => T,
): readonly T[] {
  const lines = file.all('file');
  if (lines.length === 0) bad('file');
  if (lines.length > maxRepeats) bad('too-long');
  const files = lines.map((line) => read(line.split(',')));
  if (new Set(files.map(({ name }) => name)).size !== files.length) bad('file');
  return files;
}

function readName(fields: readonly string[]): { readonly name: string } {
  const [name = '', ...rest] = fields;
  if (rest.length > 0 || !isSpoolName(name) || agentNames.includes(name)) bad('file');
  return { name };
}

function readClaim(fields: readonly string[]): FileClaim {
  const [name = '', size = '', crc32 = ''] = fields;
  if (fields.length !== 3 || !isSpoolName(name) || agentNames.includes(name)) bad('file');
  if (!isCount(size)) bad('number');
  if (!/^[0-9A-F]{8}$/.test(crc32)) bad('file');
  return { name, sizeBytes: Number(size), crc32 };
}

function readPlaced(fields: readonly string[]): FileClaim & { readonly source: string } {
  const [source = '', ...rest] = fields;
  const cut = source.lastIndexOf('/');
  const folder = source.slice(0, cut);
  if (!isSpoolName(source.slice(cut + 1)) || !(folder === 'STAGE' || isBundleFolder(folder))) bad('file');
  return { source, ...readClaim(rest) };
}
