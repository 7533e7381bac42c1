import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { writeModel } from '../../fixtures/checkpoints/generate.mjs';
import { enginePath, trainedModel } from '../fixtures-engine/run-engine.ts';

const project = join(import.meta.dirname, '../..');

export interface EngineModel {
  readonly name: string;
  readonly checkpoint: string;
  readonly tokenizer: string;
}

export interface EngineText {
  readonly code: number | null;
  readonly text: Buffer;
  readonly errors: string;
}

/** What has to be typed before the engine's own arguments. */
export type EngineCommand = readonly [program: string, ...args: string[]];

/** The engine whose texts the others have to equal. */
export const inJavaScript: EngineCommand = [process.execPath, enginePath];

/** A folder that lasts as long as the test file. */
export function engineFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fleet98-tiny98-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Builds tiny98 for a target of its makefile. Returns the path. */
export function buildTiny98(target: string, ...settings: readonly string[]): string {
  const out = engineFolder();
  const args = ['--silent', '-f', 'src/agent/make/tiny98.mak', target, `OUT=${out}`, ...settings];
  const built = spawnSync('make', args, { cwd: project, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`tiny98 cannot be built:\n${built.error?.message ?? built.stderr}`);
  return join(out, 'TINY98.EXE');
}

/** The model of random numbers, and those of the trained ones that are here. */
export function engineModels(): readonly [random: EngineModel, ...trained: EngineModel[]] {
  const folder = join(project, 'fixtures/checkpoints');
  const own = { checkpoint: join(folder, 'FLEET98.BIN'), tokenizer: join(folder, 'FTOK512.BIN') };
  const other = trainedModel();
  return [
    { name: 'random numbers', ...writeModel(engineFolder()) },
    ...(existsSync(own.checkpoint) ? [{ name: 'the checkpoint of the fixtures', ...own }] : []),
    ...(other === undefined ? [] : [{ name: 'stories of 260,000 parameters', ...other }]),
  ];
}

/** Runs an engine to its end. */
export function tell(
  [program, ...before]: EngineCommand,
  { checkpoint, tokenizer }: Pick<EngineModel, 'checkpoint' | 'tokenizer'>,
  ...options: readonly string[]
): EngineText {
  const ran = spawnSync(program, [...before, checkpoint, '-z', tokenizer, ...options]);
  if (ran.error) throw ran.error;
  return { code: ran.status, text: ran.stdout, errors: ran.stderr.toString() };
}
