import type { RunEnd } from '../domain/run.ts';
import { cleanText } from './clean-text.ts';
import { definedOnly, parseInteger, parseMeasuredFile, parseNumber, readJobMark } from './fields.ts';
import type { JobMark, MeasuredFile } from './fields.ts';
import { isCrc32 } from './identifiers.ts';
import { damaged, decodeKeyValues } from './key-value.ts';
import type { Decoded, KeyValues } from './key-value.ts';

/** How a job ended, in the agent's words. */
export interface EndFile extends JobMark {
  readonly kind: string;
  readonly end: RunEnd;
  /** For place and verify: the files as measured; a missing one is left out. */
  readonly files: readonly MeasuredFile[];
  /** For place and verify: the first file that was not right. */
  readonly bad?: string;
}

const MAX_COUNT = 2 ** 50;
/** About 30 years: more than any run, less than a damaged number. */
const MAX_MS = 1e12;
const MAX_FILES = 64;
const MAX_KEPT = 9;
const MAX_WORDS = 300;

/** Windows gives exit codes as signed or unsigned 32-bit numbers. */
const MIN_EXIT = -(2 ** 31);
const MAX_EXIT = 2 ** 32 - 1;
const MAX_PID = 2 ** 32 - 1;

function readNumbers(entries: KeyValues): Partial<RunEnd> | { readonly wrong: string } {
  let wrong: string | undefined;
  const read = (key: string, parse: typeof parseNumber, min: number, max: number): number | undefined => {
    const text = entries.get(key);
    const value = parse(text, min, max);
    if (text !== undefined && value === undefined) wrong ??= key;
    return value;
  };
  const found = definedOnly({
    exitCode: read('exit', parseInteger, MIN_EXIT, MAX_EXIT),
    signal: read('signal', parseInteger, 1, 255),
    pid: read('pid', parseInteger, 1, MAX_PID),
    wallMs: read('wall_ms', parseNumber, 0, MAX_MS),
    outputBytes: read('o_bytes', parseInteger, 0, MAX_COUNT),
    errorBytes: read('e_bytes', parseInteger, 0, MAX_COUNT),
    logBytes: read('log_bytes', parseInteger, 0, MAX_COUNT),
    blockedMs: read('blocked_ms', parseNumber, 0, MAX_MS),
  });
  return wrong === undefined ? found : { wrong };
}

function parseKept(text: string): RunEnd['kept'][number] | undefined {
  const [name = '', slotText, ...rest] = text.split(',');
  const slot = parseInteger(slotText, 1, MAX_KEPT);
  const file = parseMeasuredFile([name, ...rest].join(','));
  return slot === undefined || file === undefined ? undefined : { ...file, slot };
}

/** All values of a key, or undefined when there are too many or one of them makes no sense. */
function readEach<T>(
  values: readonly string[],
  max: number,
  parse: (text: string) => T | undefined,
): T[] | undefined {
  const parsed = values.map(parse).filter((value) => value !== undefined);
  return parsed.length === values.length && values.length <= max ? parsed : undefined;
}

function words(entries: KeyValues, key: string): string | undefined {
  const text = entries.get(key);
  return text === undefined ? undefined : cleanText(text, MAX_WORDS);
}

function readRunEnd(entries: KeyValues): RunEnd | { readonly wrong: string } {
  const reason = entries.get('reason') ?? '';
  if (!/^[a-z-]{1,32}$/.test(reason)) return { wrong: 'reason' };
  const numbers = readNumbers(entries);
  if ('wrong' in numbers) return numbers;
  const kept = readEach(entries.all('keep'), MAX_KEPT, parseKept);
  if (!kept) return { wrong: 'keep' };
  const logCrc32 = entries.get('log_crc32');
  if (logCrc32 !== undefined && !isCrc32(logCrc32)) return { wrong: 'log_crc32' };
  const why = words(entries, 'why');
  const systemError = words(entries, 'oserr');
  return {
    reason,
    ...numbers,
    ...(why !== undefined && { why }),
    ...(systemError !== undefined && { systemError }),
    ...(logCrc32 !== undefined && { logCrc32 }),
    logCut: entries.get('log') === 'cut',
    kept,
  };
}

/** Reads OUT/<id>.END. A key that is there but makes no sense makes the whole file damaged: it is evidence. */
export function decodeEnd(bytes: Uint8Array): Decoded<EndFile> {
  const decoded = decodeKeyValues(bytes);
  if (decoded.state !== 'ok') return decoded;
  const { entries } = decoded;
  const mark = readJobMark(entries);
  if ('wrong' in mark) return damaged(`'${mark.wrong}' is missing or wrong`);
  const kind = entries.get('kind') ?? '';
  if (!/^[a-z]{1,16}$/.test(kind)) return damaged("'kind' is missing or wrong");
  const end = readRunEnd(entries);
  if ('wrong' in end) return damaged(`'${end.wrong}' is missing or wrong`);
  const files = readEach(entries.all('file'), MAX_FILES, parseMeasuredFile);
  if (!files) return damaged("'file' is wrong");
  const bad = words(entries, 'bad');
  return { state: 'ok', ...mark, kind, end, files, ...(bad !== undefined && { bad }) };
}

/**
 * The files that an END says it has beside it, by name with their sizes: its LOG and what was kept. Undefined while the END
 * is not whole. One that makes no sense promises nothing.
 */
export function promisedResults(id: string, bytes: Uint8Array): ReadonlyMap<string, number> | undefined {
  const decoded = decodeEnd(bytes);
  if (decoded.state === 'incomplete') return undefined;
  const promised = new Map<string, number>();
  if (decoded.state === 'damaged') return promised;
  const { logBytes, kept } = decoded.end;
  if (logBytes !== undefined && logBytes > 0) promised.set(`${id}.LOG`, logBytes);
  for (const { slot, sizeBytes } of kept) promised.set(`${id}.K${slot}`, sizeBytes);
  return promised;
}
