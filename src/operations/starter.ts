import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bundle, Command } from '../domain/bundle.ts';
import { starterFile } from '../domain/ready-program.ts';
import { starterBundle } from '../domain/starter.ts';
import { makeBundle, receiveArtifact } from './bundles.ts';
import type { Parts } from './parts.ts';

/** From `src/operations` as well as from `dist/operations`. */
const checkpointFolder = fileURLToPath(new URL('../../fixtures/checkpoints/', import.meta.url));

/** The project's own model. */
const trained = { model: 'FLEET98.BIN', tokenizer: 'FTOK512.BIN' } as const;

const onMachine = { model: 'MODEL.BIN', tokenizer: 'TOK.BIN' } as const;

const starterCommand: Command = {
  exe: starterFile,
  args: [
    onMachine.model,
    '-z',
    onMachine.tokenizer,
    { name: 'temperature', type: 'number', flag: '-t', default: 1, min: 0, max: 100 },
    { name: 'topp', type: 'number', flag: '-p', default: 0.9, min: 0, max: 1 },
    { name: 'seed', type: 'integer', flag: '-s', min: 0, max: 4_294_967_295 },
    { name: 'steps', type: 'integer', flag: '-n', default: 256, min: 0, max: 1_000_000 },
    { name: 'prompt', type: 'text', flag: '-i', maxLength: 4_096 },
  ],
  keep: [],
};

interface Model {
  /** The hashes of its two files, which are artifacts here. */
  readonly model: string;
  readonly tokenizer: string;
}

/**
 * Makes the built-in bundles: `starter-<platform>` for each platform that has the starter engine ready built. What is
 * here already stays; other bytes make a new version. Answers what was made.
 */
export async function furnishStarters(parts: Parts): Promise<Bundle[]> {
  const engines = (await parts.kits.list()).filter(({ file }) => file === starterFile);
  if (engines.length === 0) return [];
  const model = await keepModel(parts);
  const made: Bundle[] = [];
  for (const { platform, file } of engines) {
    const { bytes } = await parts.kits.read(platform, file);
    const { bundle, created } = await makeBundle(parts, {
      name: starterBundle(platform),
      files: [
        { name: starterFile, sha256: await keep(parts, file, bytes) },
        { name: onMachine.model, sha256: model.model },
        { name: onMachine.tokenizer, sha256: model.tokenizer },
      ],
      command: starterCommand,
      engine: 'llama2c',
    });
    if (created) made.push(bundle);
  }
  return made;
}

async function keepModel(parts: Parts): Promise<Model> {
  const kept = async (name: string) => keep(parts, name, await readFile(join(checkpointFolder, name)));
  return { model: await kept(trained.model), tokenizer: await kept(trained.tokenizer) };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

/** The hash of a file that is an artifact from now on. */
async function keep(parts: Parts, filename: string, bytes: Uint8Array): Promise<string> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (await parts.store.artifacts.get(sha256)) return sha256;
  return (await receiveArtifact(parts, filename, once(bytes), bytes.length)).artifact.sha256;
}
