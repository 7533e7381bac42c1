import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { password, startShelf, user } from '../ftp/server/shelf.ts';
import { haveClient, runClient } from '../support/ftp-clients.ts';

/** Random work by real clients, against a model of a file system that DOS would have. */

type Operation =
  | {
      readonly does: 'put' | 'append' | 'resume';
      readonly path: string;
      readonly size: number;
      readonly seed: number;
    }
  | { readonly does: 'delete' | 'mkdir' | 'rmdir'; readonly path: string }
  | { readonly does: 'rename'; readonly path: string; readonly to: string };

const SEED = 98;
const OPERATIONS = 500;
/** So many between two looks at all that is there. */
const ROUND = 50;

const folders = ['', 'A/', 'A/B/', 'C/'];
const path = fc
  .tuple(fc.constantFrom(...folders), fc.constantFrom('X.BIN', 'Y.BIN', 'Z.TXT', 'A', 'B', 'C'))
  .map(([folder, name]) => folder + name);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constantFrom('put', 'append', 'resume'),
      path,
      size: fc.nat(9000),
      seed: fc.nat(255),
    }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constantFrom('delete', 'mkdir', 'mkdir', 'rmdir'), path }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('rename' as const), path, to: path }) },
);

const content = (size: number, seed: number): Buffer =>
  Buffer.from(Array.from({ length: size }, (_, at) => (at + seed) % 256));

/** What a file system does: folders are null. Nothing happens where it would refuse. */
class Model {
  readonly entries = new Map<string, Buffer | null>();

  perform(asked: Operation): void {
    const there = this.entries.get(asked.path);
    if (!this.#hasFolder(asked.path)) return;
    switch (asked.does) {
      case 'put':
      case 'resume':
        // What a client goes on with begins as what is there; where more is there than it has, nothing is sent.
        if (there === null) return;
        if (asked.does === 'resume' && there !== undefined && there.length >= asked.size) return;
        this.entries.set(
          asked.path,
          asked.does === 'put' || there === undefined
            ? content(asked.size, asked.seed)
            : Buffer.concat([there, content(asked.size, asked.seed).subarray(there.length)]),
        );
        return;
      case 'append':
        if (there !== null)
          this.entries.set(
            asked.path,
            Buffer.concat([there ?? Buffer.alloc(0), content(asked.size, asked.seed)]),
          );
        return;
      case 'delete':
        if (there instanceof Buffer) this.entries.delete(asked.path);
        return;
      case 'mkdir':
        if (there === undefined) this.entries.set(asked.path, null);
        return;
      case 'rmdir':
        if (there === null && !this.#isUsed(asked.path)) this.entries.delete(asked.path);
        return;
      case 'rename':
        this.#rename(asked.path, asked.to);
    }
  }

  #rename(from: string, to: string): void {
    const isInside = to.startsWith(`${from}/`);
    if (!this.entries.has(from) || this.entries.has(to) || !this.#hasFolder(to) || isInside) return;
    for (const [name, value] of new Map(this.entries)) {
      if (name !== from && !name.startsWith(`${from}/`)) continue;
      this.entries.delete(name);
      this.entries.set(to + name.slice(from.length), value);
    }
  }

  #hasFolder(name: string): boolean {
    const folder = name.slice(0, Math.max(0, name.lastIndexOf('/')));
    return folder === '' || this.entries.get(folder) === null;
  }

  #isUsed(folder: string): boolean {
    return [...this.entries.keys()].some((name) => name.startsWith(`${folder}/`));
  }
}

function onDisk(disk: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of readdirSync(disk, { recursive: true, encoding: 'utf8' })) {
    if (name.startsWith('.fleet98-parts')) continue;
    const file = join(disk, name);
    found.set(name, statSync(file).isDirectory() ? 'folder' : readFileSync(file).toString('base64'));
  }
  return found;
}

const expected = ({ entries }: Model): Map<string, string> =>
  new Map([...entries].map(([name, value]) => [name, value === null ? 'folder' : value.toString('base64')]));

const sorted = (all: Map<string, string>): [string, string][] =>
  [...all].toSorted(([a], [b]) => (a < b ? -1 : 1));

async function compare(
  perform: (port: number, here: string, asked: readonly Operation[]) => Promise<void>,
): Promise<void> {
  const { disk, port } = await startShelf();
  const here = mkdtempSync(join(tmpdir(), 'fleet98-model-'));
  onTestFinished(() => rmSync(here, { recursive: true, force: true }));
  const model = new Model();
  const all = fc.sample(operation, { numRuns: OPERATIONS, seed: SEED });
  for (let at = 0; at < all.length; at += ROUND) {
    const round = all.slice(at, at + ROUND);
    mkdirSync(join(here, String(at)));
    await perform(port, join(here, String(at)), round);
    for (const asked of round) model.perform(asked);
    expect(sorted(onDisk(disk)), `after ${at + ROUND} operations`).toEqual(sorted(expected(model)));
  }
  // Something is left of it all.
  expect(model.entries.size).toBeGreaterThan(3);
}

/** The file that an operation sends. */
function fileOf(here: string, index: number, asked: Operation): string {
  const file = join(here, `file-${index}`);
  if ('size' in asked) writeFileSync(file, content(asked.size, asked.seed));
  return file;
}

function lftpLine(asked: Operation, file: string, port: number): string {
  switch (asked.does) {
    case 'put':
      return `put ${file} -o ${asked.path}`;
    case 'resume':
      return `put -c ${file} -o ${asked.path}`;
    case 'append':
      // lftp has none of its own.
      return `!curl -s --max-time 20 -a -T ${file} -u ${user}:${password} ftp://127.0.0.1:${port}/${asked.path}`;
    case 'delete':
      return `rm ${asked.path}`;
    case 'rename':
      return `mv ${asked.path} ${asked.to}`;
    default:
      return `${asked.does} ${asked.path}`;
  }
}

const curlArguments = (asked: Operation, file: string): readonly string[] => {
  switch (asked.does) {
    case 'put':
      return ['-T', file];
    case 'append':
      return ['-a', '-T', file];
    case 'resume':
      return ['-C', '-', '-T', file];
    case 'delete':
      return ['-Q', `DELE ${asked.path}`];
    case 'mkdir':
      return ['-Q', `MKD ${asked.path}`];
    case 'rmdir':
      return ['-Q', `RMD ${asked.path}`];
    default:
      return ['-Q', `RNFR ${asked.path}`, '-Q', `RNTO ${asked.to}`];
  }
};

describe('the disk after random work is what it should be', () => {
  test.runIf(haveClient('curl', 'the depot'))(`${OPERATIONS} operations by curl`, () =>
    compare(async (port, here, round) => {
      for (const [index, asked] of round.entries()) {
        const isSent = 'size' in asked;
        const url = `ftp://127.0.0.1:${port}/${isSent ? asked.path : ''}`;
        const quiet = [
          '-s',
          '--max-time',
          '20',
          '--disable-epsv',
          '-u',
          `${user}:${password}`,
          ...(isSent ? [] : ['-I']),
        ];
        await runClient('curl', [...quiet, ...curlArguments(asked, fileOf(here, index, asked)), url]);
      }
    }),
  );

  test.runIf(haveClient('lftp', 'the depot'))(`${OPERATIONS} operations by lftp`, () =>
    compare(async (port, here, round) => {
      const lines = round.map((asked, index) => lftpLine(asked, fileOf(here, index, asked), port));
      const start = ['set net:max-retries 1', 'set xfer:clobber true', 'set cmd:fail-exit false'];
      const script = [...start, `open -u ${user},${password} ftp://127.0.0.1:${port}`, ...lines, 'bye', ''];
      await runClient('lftp', [], script.join('\n'));
    }),
  );
});
