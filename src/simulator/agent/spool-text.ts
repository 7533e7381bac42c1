import { isUtf8 } from 'node:buffer';

/** A parsed text file of the spool. Values are decoded; `one` gives the first of a repeated key. */
export interface TextFile {
  one(key: string): string | undefined;
  all(key: string): readonly string[];
  /** Whether every value of a key is UTF-8; in one that is not, something was replaced. */
  isText(key: string): boolean;
}

export const maxTextBytes = 16_384;
const maxLineBytes = 1_024;

export type TextResult =
  | { readonly state: 'whole'; readonly file: TextFile }
  /** No `eof=1` yet: to a reader the file is not there. */
  | { readonly state: 'not-there-yet' }
  /** A line or the file is longer than the protocol allows. */
  | { readonly state: 'too-long'; readonly file: TextFile }
  /** A line is not `key=value` as the protocol has it. */
  | { readonly state: 'damaged'; readonly file: TextFile };

/** Reads the lines of a spool text file. Never throws, whatever the bytes are. */
export function readText(bytes: Buffer): TextResult {
  const entries: { key: string; raw: string }[] = [];
  let tooLong = bytes.length > maxTextBytes;
  let damaged = false;
  let ended = false;
  for (const line of bytes.subarray(0, maxTextBytes).toString('latin1').split('\n')) {
    if (line.length + 1 > maxLineBytes) tooLong = true;
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text === 'eof=1') {
      ended = true;
      break;
    }
    if (!addLine(entries, text)) damaged = true;
  }
  const file = asTextFile(entries);
  if (tooLong && (ended || bytes.length > maxTextBytes)) return { state: 'too-long', file };
  if (!ended) return { state: 'not-there-yet' };
  return { state: damaged ? 'damaged' : 'whole', file };
}

/** A value is visible ASCII with whole `%XX`, on each line by itself: a split never falls inside one. */
const linePattern = /^([a-z0-9_]+)(\+?)=((?:[\x21-\x24\x26-\x7e]|%(?!00)[0-9A-F]{2})*)$/;

function addLine(entries: { key: string; raw: string }[], text: string): boolean {
  const match = linePattern.exec(text);
  if (match === null) return false;
  const [, key = '', plus, raw = ''] = match;
  const last = entries.at(-1);
  if (plus !== '+') entries.push({ key, raw });
  else if (last?.key === key) last.raw += raw;
  else return false;
  return true;
}

function asTextFile(entries: readonly { key: string; raw: string }[]): TextFile {
  const values = new Map<string, string[]>();
  const withoutText = new Set<string>();
  for (const { key, raw } of entries) {
    const bytes = decodeValue(raw);
    const list = values.get(key);
    if (list === undefined) values.set(key, [bytes.toString('utf8')]);
    else list.push(bytes.toString('utf8'));
    if (!isUtf8(bytes)) withoutText.add(key);
  }
  return {
    one: (key) => values.get(key)?.[0],
    all: (key) => values.get(key) ?? [],
    isText: (key) => !withoutText.has(key),
  };
}

function decodeValue(raw: string): Buffer {
  const bytes = raw.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}

export type TextLine = readonly [key: string, value: string | number];

/** The bytes of a spool text file with these lines; long values go on in `key+=` lines; `eof=1` is added. */
export function writeText(lines: readonly TextLine[]): Buffer {
  const out = lines.flatMap(([key, value]) => writeLine(key, encodeValue(String(value))));
  return Buffer.from([...out, 'eof=1\r\n'].join(''), 'latin1');
}

function encodeValue(value: string): readonly string[] {
  return [...Buffer.from(value, 'utf8')].map((byte) =>
    byte >= 0x21 && byte <= 0x7e && byte !== 0x25
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

function writeLine(key: string, units: readonly string[]): readonly string[] {
  const room = maxLineBytes - key.length - '+=\r\n'.length;
  const parts: string[] = [];
  let part = '';
  for (const unit of units) {
    if (part.length + unit.length > room) {
      parts.push(part);
      part = '';
    }
    part += unit;
  }
  parts.push(part);
  return parts.map((text, index) => `${key}${index === 0 ? '' : '+'}=${text}\r\n`);
}
