import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { crc32 } from 'node:zlib';

/**
 * The daemon's side of a spool, written for tests from docs/agent-protocol.md alone: it shares no code with src/spool,
 * so that a mistake there cannot hide itself.
 */

export type Line = readonly [key: string, value: string | number];

export type SpoolFile =
  | { readonly state: 'whole'; readonly entries: ReadonlyMap<string, readonly string[]> }
  | { readonly state: 'not-there-yet' }
  | { readonly state: 'damaged' };

export interface LogRecord {
  readonly ms: number;
  readonly stream: 'o' | 'e';
  readonly bytes: Buffer;
}

export interface SpoolLog {
  readonly state: 'whole' | 'torn' | 'damaged';
  readonly head?: {
    readonly id: string;
    readonly token: string;
    readonly clock: string;
    readonly stepUs: number;
    readonly boot: number;
  };
  readonly records: readonly LogRecord[];
}

export const testDaemon = 'DAE0000000000001';
export const testToken = '00112233445566FF';

const encodeValue = (value: string): string =>
  [...Buffer.from(value)]
    .map((byte) =>
      byte > 0x20 && byte < 0x7f && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');

/** The lines of one key; a value that is too long for one goes on in `key+=` lines. */
function encodeLine([key, value]: Line): string {
  const pieces = encodeValue(String(value)).match(/(?:%..|[^%]){1,300}/g) ?? [''];
  return pieces.map((piece, index) => `${key}${index === 0 ? '' : '+'}=${piece}\r\n`).join('');
}

export const encodeSpoolFile = (lines: readonly Line[]): Buffer =>
  Buffer.from(`${lines.map(encodeLine).join('')}eof=1\r\n`, 'latin1');

/** A key=value file. */
export function parseSpoolFile(bytes: Buffer): SpoolFile {
  if (bytes.length > 16_384) return { state: 'damaged' };
  const lines = bytes.toString('latin1').split('\n').slice(0, -1);
  const texts = lines.map((line) => line.replace(/\r$/, ''));
  const end = texts.indexOf('eof=1');
  if (end < 0) return { state: 'not-there-yet' };
  const entries = new Map<string, string[]>();
  let lastKey: string | undefined;
  for (const [index, text] of texts.slice(0, end).entries()) {
    const found = /^([a-z0-9_]+)(\+?)=((?:%[0-9A-F]{2}|[!-$&-~])*)$/.exec(text);
    const [, key = '', plus = '', raw = ''] = found ?? [];
    if (!found || (lines[index]?.length ?? 0) + 1 > 1024 || raw.includes('%00')) return { state: 'damaged' };
    if (plus === '+' && key !== lastKey) return { state: 'damaged' };
    const values = entries.get(key) ?? [];
    if (plus === '+') values.push(`${values.pop() ?? ''}${raw}`);
    else values.push(raw);
    entries.set(key, values);
    lastKey = key;
  }
  const decoded = [...entries].map(([key, values]) => [key, values.map(decodeValue)] as const);
  return { state: 'whole', entries: new Map(decoded) };
}

const decodeValue = (raw: string): string =>
  Buffer.from(
    raw.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');

/** A LOG as it lies on the disk. */
export function parseSpoolLog(bytes: Buffer): SpoolLog {
  const feed = bytes.indexOf(10);
  const first = /^#fleet98 1 ([0-9A-F]{8}) ([0-9A-F]{16}) clock=(\S+) step_us=(\d+) boot=(\d+)$/.exec(
    bytes.toString('latin1', 0, Math.max(feed, 0)),
  );
  if (!first) return { state: 'damaged', records: [] };
  const [, id = '', token = '', clock = '', step = '', boot = ''] = first;
  const head = { id, token, clock, stepUs: Number(step), boot: Number(boot) };
  const records: LogRecord[] = [];
  let at = feed + 1;
  while (at < bytes.length) {
    const lineEnd = bytes.indexOf(10, at);
    if (lineEnd < 0) return { state: 'torn', head, records };
    const line = /^@(\d+(?:\.\d{1,3})?) ([oe]) ([1-9]\d*)$/.exec(bytes.toString('latin1', at, lineEnd));
    const length = Number(line?.[3] ?? 0);
    if (!line || length > 4096) return { state: 'damaged', head, records };
    const from = lineEnd + 1;
    if (from + length + 1 > bytes.length) return { state: 'torn', head, records };
    if (bytes[from + length] !== 10) return { state: 'damaged', head, records };
    const stream = line[2] === 'o' ? 'o' : 'e';
    records.push({ ms: Number(line[1]), stream, bytes: bytes.subarray(from, from + length) });
    at = from + length + 1;
  }
  return { state: 'whole', head, records };
}

/** The CRC-32 of zip, as the protocol writes it. */
export const crcOf = (bytes: Buffer): string => crc32(bytes).toString(16).toUpperCase().padStart(8, '0');

/** Polls until `look` gives something; fails after `limitMs` with what was waited for. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false,
  limitMs = 30_000,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await delay(5);
  }
}

/** The END, NFO or BUNDLE.OK of a spool. */
export class SpoolEntries {
  readonly #entries: ReadonlyMap<string, readonly string[]>;

  constructor(entries: ReadonlyMap<string, readonly string[]>) {
    this.#entries = entries;
  }

  get(key: string): string | undefined {
    return this.#entries.get(key)?.[0];
  }

  all(key: string): readonly string[] {
    return this.#entries.get(key) ?? [];
  }

  number(key: string): number {
    const text = this.get(key) ?? '';
    return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  }
}

/** A spool folder of its own for a test. */
export class SpoolFolder {
  readonly root = mkdtempSync(join(tmpdir(), 'fleet98-spool-'));
  #lastId = 0;

  constructor() {
    this.write('AGENT.INI', 'poll_ms=20\r\nname=TESTBOX\r\n');
  }

  path(name: string): string {
    return join(this.root, name);
  }

  write(name: string, bytes: string | Buffer): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), bytes);
  }

  /** The bytes of a file, or undefined. */
  read(name: string): Buffer | undefined {
    return readIfThere(this.path(name));
  }

  has(name: string): boolean {
    return statSync(this.path(name), { throwIfNoEntry: false }) !== undefined;
  }

  names(folder: string): readonly string[] {
    return this.has(folder) ? readdirSync(this.path(folder)).toSorted() : [];
  }

  /** Everything there is, with content: what must not change can be compared. */
  snapshot(): ReadonlyMap<string, string> {
    const names = readdirSync(this.root, { recursive: true, withFileTypes: true });
    return new Map(
      names
        .map((entry): readonly [string, string] => {
          const path = join(entry.parentPath, entry.name);
          return [path, entry.isFile() ? readFileSync(path).toString('base64') : 'folder'];
        })
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  }

  nextId(): string {
    this.#lastId += 1;
    return (0xa000_0000 + this.#lastId).toString(16).toUpperCase();
  }

  /** The bytes of a job with the usual marks. */
  jobBytes(id: string, kind: string, lines: readonly Line[]): Buffer {
    return encodeSpoolFile([
      ['v', 1],
      ['kind', kind],
      ['id', id],
      ['token', testToken],
      ['daemon', testDaemon],
      ...lines,
    ]);
  }

  /** Publishes a job as the daemon does. Returns its id. */
  deliver(kind: string, lines: readonly Line[], id = this.nextId()): string {
    this.write(`IN/${id}.TMP`, this.jobBytes(id, kind, lines));
    renameSync(this.path(`IN/${id}.TMP`), this.path(`IN/${id}.JOB`));
    return id;
  }

  /** Waits until a job is over: its END is there and its RUN gone. */
  async end(id: string, limitMs?: number): Promise<SpoolEntries> {
    await until(`the END of ${id}`, () => this.has(`OUT/${id}.END`) && !this.has(`RUN/${id}.RUN`), limitMs);
    return this.entries(`OUT/${id}.END`);
  }

  entries(name: string): SpoolEntries {
    const file = parseSpoolFile(this.read(name) ?? Buffer.alloc(0));
    if (file.state !== 'whole') throw new Error(`${name} is ${file.state}`);
    return new SpoolEntries(file.entries);
  }

  /** AGENT.NFO once it is whole and as wanted. */
  info(what: string, wanted: (info: SpoolEntries) => boolean = () => true): Promise<SpoolEntries> {
    return until(`an AGENT.NFO ${what}`, () => {
      const file = parseSpoolFile(this.read('AGENT.NFO') ?? Buffer.alloc(0));
      if (file.state !== 'whole') return undefined;
      const info = new SpoolEntries(file.entries);
      return wanted(info) ? info : undefined;
    });
  }

  log(id: string): SpoolLog {
    return parseSpoolLog(this.read(`OUT/${id}.LOG`) ?? Buffer.alloc(0));
  }

  /** What a program printed on one stream, as the LOG has it. */
  output(id: string, stream: 'o' | 'e' = 'o'): Buffer {
    return Buffer.concat(
      this.log(id)
        .records.filter((record) => record.stream === stream)
        .map(({ bytes }) => bytes),
    );
  }

  /** A bundle as if it had been placed. Returns its folder. */
  placed(files: Readonly<Record<string, string | Buffer>>, id = this.nextId()): string {
    const dir = `B/${id}`;
    for (const [name, bytes] of Object.entries(files)) this.write(`${dir}/${name}`, bytes);
    this.write(`${dir}/BUNDLE.OK`, encodeSpoolFile([['v', 1]]));
    return dir;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Whether a process is gone; one that is dead and only waits to be collected is. */
export function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return true;
  }
  const stat = readIfThere(`/proc/${pid}/stat`)?.toString('latin1') ?? '';
  return /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
