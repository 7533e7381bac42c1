import { isCrc32, isJobId, isSpoolName, isToken } from './identifiers.ts';
import type { KeyValues } from './key-value.ts';

/** A file on a machine with its size and CRC as the agent measured them. */
export interface MeasuredFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly crc32: string;
}

/** Largest file that FAT can hold is under 4 GiB; POSIX machines may hold more. */
const MAX_FILE_BYTES = 2 ** 40;

/** A decimal number with up to 3 decimals between `min` and `max`; undefined for anything else. */
export function parseNumber(text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined || !/^-?\d{1,15}(\.\d{1,3})?$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}

/** As `parseNumber`, for whole numbers. */
export function parseInteger(text: string | undefined, min: number, max: number): number | undefined {
  return text?.includes('.') ? undefined : parseNumber(text, min, max);
}

/** `<name>,<size>,<crc32>`; undefined when it is anything else. */
export function parseMeasuredFile(text: string): MeasuredFile | undefined {
  const [name = '', size, crc32 = '', ...rest] = text.split(',');
  const sizeBytes = parseInteger(size, 0, MAX_FILE_BYTES);
  if (rest.length > 0 || sizeBytes === undefined || !isSpoolName(name) || !isCrc32(crc32)) return undefined;
  return { name, sizeBytes, crc32 };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The object without the keys whose value is undefined. */
export function definedOnly<T extends object>(object: T): Defined<T>;
export function definedOnly(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/** What every file about a job says: which job, by which token, of which daemon. */
export interface JobMark {
  readonly id: string;
  readonly token: string;
  readonly daemon: string;
}

/** The mark of a file, or the key that is missing or wrong. */
export function readJobMark(entries: KeyValues): JobMark | { readonly wrong: string } {
  const [id = '', token = '', daemon = ''] = [entries.get('id'), entries.get('token'), entries.get('daemon')];
  if (entries.get('v') !== '1') return { wrong: 'v' };
  if (!isJobId(id)) return { wrong: 'id' };
  if (!isToken(token)) return { wrong: 'token' };
  if (!isToken(daemon)) return { wrong: 'daemon' };
  return { id, token, daemon };
}
