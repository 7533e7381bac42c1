import { createHash } from 'node:crypto';
import type { Operations } from '../../src/operations/operations.ts';

const LINES = 8;

/**
 * Notes its start outside of the spool, and whether another one is still there; prints its word on some lines, and lets
 * a moment pass after each, so that there is something to be cut.
 */
const engine = `
cd ../../..
if [ -e BUSY ] && kill -0 "$(cat BUSY)" 2>/dev/null; then echo "$1" >> OVERLAPS; fi
echo $$ > BUSY
echo "$1" >> STARTS
n=0
while [ $n -lt ${LINES} ]; do
  n=$((n+1))
  echo "$1 says $n"
  sleep 0.02
done
rm BUSY
`;

/** All that the engine prints when it gets this word. */
export const wholeText = (word: string): string =>
  Array.from({ length: LINES }, (_, index) => `${word} says ${index + 1}\n`).join('');

/** Every run of a bundle is told by its word. */
const command = {
  program: 'sh',
  args: ['ENGINE.SH', { name: 'word', type: 'text', required: true }],
  keep: [],
} as const;

/** Names as they are asked for. Two versions of one share a file, so that it is copied on the machine. */
export const references = ['tale@1', 'tale@2', 'poem@1'] as const;
export type Reference = (typeof references)[number];

/** The files of each, by their name on the machine. */
const contents: Readonly<Record<Reference, Readonly<Record<string, Buffer>>>> = {
  'tale@1': { 'ENGINE.SH': Buffer.from(engine), 'FIRST.BIN': noise('first', 12_000) },
  'tale@2': {
    'ENGINE.SH': Buffer.from(engine),
    'FIRST.BIN': noise('second', 5_000),
    'EMPTY.BIN': Buffer.alloc(0),
  },
  'poem@1': { 'ENGINE.SH': Buffer.from(`# poem${engine}`), 'POEM.BIN': noise('poem', 20_000) },
};

export interface PreparedBundle {
  readonly reference: Reference;
  readonly id: number;
  readonly folder: string;
  readonly files: Readonly<Record<string, Buffer>>;
}

export async function prepareBundles(operations: Operations): Promise<readonly PreparedBundle[]> {
  const prepared: PreparedBundle[] = [];
  for (const reference of references) {
    const files = contents[reference];
    const listed = [];
    for (const [name, bytes] of Object.entries(files)) {
      const { artifact } = await operations.receiveArtifact(name, once(bytes), undefined);
      listed.push({ name, sha256: artifact.sha256 });
    }
    const name = reference.slice(0, reference.indexOf('@'));
    const { bundle } = await operations.createBundle({ name, files: listed, engine: 'auto', command });
    prepared.push({ reference, id: bundle.id, folder: bundle.folder, files });
  }
  return prepared;
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

/** Bytes that look random and are the same each time. */
function noise(seed: string, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at < length; at += 32) {
    blocks.push(createHash('sha256').update(`${seed} ${at}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}
