import { parseMeasuredFile, readJobMark } from './fields.ts';
import type { JobMark, MeasuredFile } from './fields.ts';
import { damaged, decodeKeyValues, encodeKeyValues } from './key-value.ts';
import type { Decoded, KeyValue } from './key-value.ts';

/** What BUNDLE.OK says: which job placed the bundle, and its files as the agent measured them. */
export interface BundleOk extends JobMark {
  readonly files: readonly MeasuredFile[];
}

/** For a machine without an agent, where the daemon itself vouches for the files. */
export function encodeBundleOk({ id, token, daemon, files }: BundleOk): Uint8Array {
  return encodeKeyValues([
    ['v', '1'],
    ['id', id],
    ['token', token],
    ['daemon', daemon],
    ...files.map(({ name, sizeBytes, crc32 }): KeyValue => ['file', `${name},${sizeBytes},${crc32}`]),
  ]);
}

export function decodeBundleOk(bytes: Uint8Array): Decoded<BundleOk> {
  const decoded = decodeKeyValues(bytes);
  if (decoded.state !== 'ok') return decoded;
  const mark = readJobMark(decoded.entries);
  if ('wrong' in mark) return damaged(`'${mark.wrong}' is missing or wrong`);
  const lines = decoded.entries.all('file');
  const files = lines.map(parseMeasuredFile).filter((file) => file !== undefined);
  if (files.length !== lines.length) return damaged("'file' is wrong");
  return { state: 'ok', ...mark, files };
}
