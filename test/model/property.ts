import { randomInt } from 'node:crypto';
import { asyncModelRun, asyncProperty, check, limitShrink, noBias, stringify } from 'fast-check';
import { test } from 'vitest';
import { expectGoodEnd } from './checks.ts';
import { sequences } from './commands.ts';
import type { Sequence } from './commands.ts';
import { freshModel } from './model.ts';
import { World } from './world.ts';

const MACHINES = 2;
/** The other one comes to it when a sequence says so. */
const REGISTERED = 1;
const MAX_COMMANDS = 20;
/** Each one is a sequence of its own, and most of what fails here fails once in many tries. */
const SHRINKS = 30;

/** The nightly run tries others each time; a change is judged by the same ones as the change before it. */
const IS_RANDOM = process.env['FLEET98_MODEL_RANDOM'] === '1';
/** Sequences in all. */
const RUNS = Number(process.env['FLEET98_MODEL_RUNS'] ?? 100);
/** One worker, and several sequences at once in it: they wait more than they work. */
const FILES = 2;
const LANES_PER_FILE = 3;

/** To see a failure again, as it was told. */
const SEED = process.env['FLEET98_MODEL_SEED'];
const [PATH = '', REPLAY = ''] = (process.env['FLEET98_MODEL_PATH'] ?? '').split('/');

/** This file's part of the sequences, or the one that failed. */
export function trySequences(file: number): void {
  if (SEED !== undefined) {
    if (file === 1) test('the sequence that failed', () => tryLane(Number(SEED), RUNS));
    else test.skip('the other file has it', () => {}); // a replay is one sequence, and file 1 plays it
    return;
  }
  for (let lane = 1; lane <= LANES_PER_FILE; lane += 1) {
    const runs = Math.ceil(RUNS / FILES / LANES_PER_FILE);
    const seed = IS_RANDOM ? randomInt(2 ** 31) : file * LANES_PER_FILE + lane;
    test.concurrent(`${runs} random sequences, FLEET98_MODEL_SEED=${seed}`, () => tryLane(seed, runs));
  }
}

/** Throws what has to be known to see a failure again. */
async function tryLane(seed: number, numRuns: number): Promise<void> {
  // Without bias: a short sequence has little to say.
  const some = noBias(sequences(MACHINES, MAX_COMMANDS, REPLAY));
  const property = asyncProperty(limitShrink(some, SHRINKS), play);
  const result = await check(property, { seed, numRuns, ...(PATH !== '' && { path: PATH }) });
  if (!result.failed) return;
  const { counterexample, counterexamplePath, errorInstance: cause } = result;
  const sequence = stringify(counterexample?.[0]);
  const replayPath = /replayPath="([^"]*)"/.exec(sequence)?.[1] ?? '';
  const again = `FLEET98_MODEL_SEED=${seed} FLEET98_MODEL_PATH=${counterexamplePath}/${replayPath}`;
  const why = cause instanceof Error ? cause.message : String(cause);
  throw new Error(`${why}\n${sequence}\n${again} npm run test:model`, { cause });
}

async function play(commands: Sequence): Promise<void> {
  await using world = await World.start(MACHINES);
  const model = freshModel(MACHINES);
  const first = model.machines.slice(0, REGISTERED);
  await Promise.all(first.map(({ index }) => world.register(world.pc(index))));
  for (const machine of first) machine.isRegistered = true;
  await asyncModelRun(() => ({ model, real: world }), commands);
  await expectGoodEnd(model, world);
}
