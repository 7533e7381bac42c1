import { Command, InvalidArgumentError } from 'commander';
import { Client } from './client.ts';
import { exitCodes, UsageError } from './failures.ts';
import type { Io } from './io.ts';
import { visible, visibleLine } from './visible.ts';

const DEFAULT_URL = 'http://127.0.0.1:9898';

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: true;
  readonly url?: string;
  readonly token?: string;
}

/** One invocation: where its text goes, which daemon it asks, and how it ends. */
export class Cli {
  readonly io: Io;
  exitCode: number = exitCodes.ok;

  constructor(io: Io) {
    this.io = io;
  }

  client(options: CommonOptions): Client {
    const url = options.url ?? (this.io.env['FLEET98_URL'] || DEFAULT_URL);
    if (!/^https?:\/\/./.test(url) || !URL.canParse(url)) {
      throw new UsageError(`${visibleLine(url)} is not an http address`);
    }
    const token = options.token ?? this.io.env['FLEET98_TOKEN'];
    return new Client(url, token ? { token } : {});
  }

  /** The result of a command: JSON on one line for programs, else text for a person. */
  print(options: CommonOptions, value: unknown, human: () => string): void {
    this.io.stdout.write(options.json ? `${JSON.stringify(value)}\n` : human());
  }

  /** A line for the person on standard error, harmless on a terminal. */
  note(text: string): void {
    this.io.stderr.write(`${visible(text)}\n`);
  }

  fail(): void {
    this.exitCode = exitCodes.failed;
  }
}

/** Adds a command with the options that all have. */
export function leaf(
  parent: Command,
  spec: string,
  summary: string,
  options: { readonly isDefault?: boolean } = {},
): Command {
  return parent
    .command(spec, options)
    .description(summary)
    .option('--json', 'answer in JSON')
    .option('--url <url>', `address of the daemon (FLEET98_URL, else ${DEFAULT_URL})`)
    .option('--token <token>', 'token of the daemon; FLEET98_TOKEN is better, it is in no list of processes');
}

/** For options that may be given several times. */
export const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

export function wholeNumber(value: string): number {
  if (!/^-?\d{1,15}$/.test(value)) throw new InvalidArgumentError('give a whole number');
  return Number(value);
}

export function decimal(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('give a number');
  return number;
}

/** `KEY=VALUE` words as a record. */
export function pairs(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const equals = word.indexOf('=');
      if (equals < 1) throw new UsageError(`${visibleLine(word)} must be KEY=VALUE`);
      return [word.slice(0, equals), word.slice(equals + 1)];
    }),
  );
}
