import { DomainError } from '../domain/errors.ts';

/** Limits of a text file of the spool. */
export const maxFileBytes = 16_384;
const MAX_LINE_BYTES = 1_024;
const LINE_END = '\r\n';

export type KeyValue = readonly [key: string, value: string];

/** The entries of a whole file. A key that may stand only once is read with `get`: the first counts. */
export interface KeyValues {
  get(key: string): string | undefined;
  all(key: string): readonly string[];
}

/** `incomplete`: no `eof=1` yet, so the file counts as not there. `damaged` cannot become right by waiting. */
export type Decoded<T> =
  | { readonly state: 'incomplete' }
  | { readonly state: 'damaged'; readonly why: string }
  | ({ readonly state: 'ok' } & T);

export const damaged = (why: string): { readonly state: 'damaged'; readonly why: string } => ({
  state: 'damaged',
  why,
});

const keyShape = /^[a-z0-9_]+$/;
const encoder = new TextEncoder();

const escapeByte = (byte: number): string =>
  byte > 0x20 && byte < 0x7f && byte !== 0x25
    ? String.fromCharCode(byte)
    : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;

/** One entry as its line and, where it is too long, the lines that go on with it. */
function encodeEntry([key, value]: KeyValue): string {
  if (!keyShape.test(key)) throw new DomainError('BUG', `'${key}' cannot be a key in a spool file`);
  let text = '';
  let line = `${key}=`;
  for (const byte of encoder.encode(value)) {
    const piece = escapeByte(byte);
    if (line.length + piece.length + LINE_END.length > MAX_LINE_BYTES) {
      text += line + LINE_END;
      line = `${key}+=`;
    }
    line += piece;
  }
  return text + line + LINE_END;
}

/**
 * The bytes of a text file with these entries in order; `eof=1` is added. `tooLong` makes the error for more than
 * 16 KiB; without it that is a BUG.
 */
export function encodeKeyValues(entries: readonly KeyValue[], tooLong?: () => DomainError): Uint8Array {
  const bytes = encoder.encode(entries.map(encodeEntry).join('') + `eof=1${LINE_END}`);
  if (bytes.length > maxFileBytes) {
    throw tooLong?.() ?? new DomainError('BUG', `a spool file of ${bytes.length} bytes is too long`);
  }
  return bytes;
}

interface RawLine {
  readonly key: string;
  readonly goesOn: boolean;
  readonly value: string;
}

/** `text` has one character per byte. */
function parseLine(text: string): RawLine | undefined {
  const parts = /^([a-z0-9_]+)(\+?)=(.*)$/.exec(text);
  if (!parts) return undefined;
  return { key: parts[1] ?? '', goesOn: parts[2] === '+', value: parts[3] ?? '' };
}

/** The value as text; bytes that are not UTF-8 become U+FFFD. Undefined when an escape is broken. */
function unescape(value: string): string | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(value)) return undefined;
  const bytes = value.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function collect(lines: readonly RawLine[]): Decoded<{ entries: KeyValues }> {
  const values = new Map<string, string[]>();
  let open: { key: string; value: string } | undefined;
  const close = (): boolean => {
    if (!open) return true;
    const value = unescape(open.value);
    if (value === undefined) return false;
    const earlier = values.get(open.key);
    if (earlier) earlier.push(value);
    else values.set(open.key, [value]);
    return true;
  };
  for (const line of lines) {
    if (line.goesOn) {
      if (open?.key !== line.key) return damaged(`a line goes on with '${line.key}' that did not begin`);
      open.value += line.value;
      continue;
    }
    if (!close()) return damaged('a value has a broken % escape');
    open = { key: line.key, value: line.value };
  }
  if (!close()) return damaged('a value has a broken % escape');
  const entries: KeyValues = {
    get: (key) => values.get(key)?.[0],
    all: (key) => values.get(key) ?? [],
  };
  return { state: 'ok', entries };
}

/** Reads a text file of the spool. Never throws. */
export function decodeKeyValues(bytes: Uint8Array): Decoded<{ entries: KeyValues }> {
  if (bytes.length > maxFileBytes) return damaged(`it is longer than ${maxFileBytes} bytes`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const lines: RawLine[] = [];
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    if (end + 1 - start > MAX_LINE_BYTES) return damaged(`a line is longer than ${MAX_LINE_BYTES} bytes`);
    const line = text.slice(start, end).replace(/\r$/, '');
    if (line === 'eof=1') return collect(lines);
    // oxlint-disable-next-line no-control-regex
    if (/[\u0000-\u001f]/.test(line)) return damaged('there is a control character in a line');
    if (newline < 0) break;
    if (line !== '') {
      const parsed = parseLine(line);
      if (!parsed) return damaged('a line is not key=value');
      lines.push(parsed);
    }
    start = newline + 1;
  }
  return { state: 'incomplete' };
}
