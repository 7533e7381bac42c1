import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { NewBundle } from '../contract/bundles.ts';
import { UsageError } from './failures.ts';
import { visibleLine } from './visible.ts';

type Command = NonNullable<NewBundle['command']>;
export type Argument = NonNullable<Command['args']>[number];

/** A file of a bundle to be: known by its hash, or still to be uploaded. */
export type FileSource =
  { readonly name: string; readonly sha256: string } | { readonly name: string; readonly path: string };

export interface BundlePlan {
  readonly files: readonly FileSource[];
  readonly command?: Command;
  readonly engine: string;
}

const sha256Pattern = /^[0-9a-f]{64}$/i;

/** `NAME=PATH`, `NAME=SHA256`, or only `PATH`, whose name in capitals is the one on the machine. */
export function parseFile(word: string, folder = '.'): FileSource {
  const equals = word.indexOf('=');
  const source = word.slice(equals + 1);
  if (equals === 0 || source === '') throw new UsageError(`--file ${visibleLine(word)}: give NAME=PATH`);
  const name = equals < 0 ? basename(source).toUpperCase() : word.slice(0, equals);
  if (sha256Pattern.test(source)) return { name, sha256: source.toLowerCase() };
  return { name, path: resolve(folder, source) };
}

const numberOf = (word: string, text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) {
    throw new UsageError(`--param ${visibleLine(word)}: ${visibleLine(text)} is not a number`);
  }
  return value;
};

/**
 * `NAME:TYPE[:FLAG[:DEFAULT]]` with the types text, integer, number and `choice(a|b)`; the default may hold colons.
 * Limits and descriptions are for `--spec`.
 */
export function parseParameter(word: string): Argument {
  const [name = '', type = '', flag = '', ...rest] = word.split(':');
  const base = { name, ...(flag === '' ? {} : { flag }) };
  const given = rest.length > 0 ? rest.join(':') : undefined;
  const choice = /^choice\((.+)\)$/.exec(type);
  if (choice) {
    const choices = (choice[1] ?? '').split('|');
    return { ...base, type: 'choice', choices, ...(given === undefined ? {} : { default: given }) };
  }
  if (type === 'text') return { ...base, type, ...(given === undefined ? {} : { default: given }) };
  if (type === 'integer' || type === 'number') {
    return { ...base, type, ...(given === undefined ? {} : { default: numberOf(word, given) }) };
  }
  throw new UsageError(`--param ${visibleLine(word)}: the type is text, integer, number or choice(a|b)`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A bundle from a JSON file: as POST /bundles takes it, but a file may have `path` (from the spec's folder) instead of
 * `sha256`. Everything else is checked by the daemon.
 */
export async function readSpec(path: string): Promise<Record<string, unknown> & { files: FileSource[] }> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UsageError(`${visibleLine(path)} cannot be read`);
  });
  let spec: unknown;
  try {
    spec = JSON.parse(text);
  } catch {
    throw new UsageError(`${visibleLine(path)} is not JSON`);
  }
  if (!isObject(spec) || !Array.isArray(spec['files'])) {
    throw new UsageError(`${visibleLine(path)} must be an object with a list of files`);
  }
  const files = spec['files'].map((file: unknown): FileSource => {
    if (isObject(file) && typeof file['name'] === 'string') {
      const { name, sha256, path: source } = file;
      if (typeof sha256 === 'string') return { name, sha256 };
      if (typeof source === 'string') return { name, path: resolve(dirname(path), source) };
    }
    throw new UsageError(`${visibleLine(path)}: each file has a name, and a path or a sha256`);
  });
  return { ...spec, files };
}
