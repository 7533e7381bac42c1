import { fileURLToPath } from 'node:url';
import type { Command } from '../../src/domain/bundle.ts';

export const enginePath = fileURLToPath(new URL('../../fixtures/engine/llama2c.mjs', import.meta.url));

/** How the fixture engine is started, with the parameters of llama2.c. */
export const llamaCommand: Command = {
  program: 'node',
  args: [
    'LLAMA2C.MJS',
    'MODEL.BIN',
    '-z',
    'TOK.BIN',
    { name: 'temperature', type: 'number', flag: '-t', min: 0, max: 10 },
    { name: 'topp', type: 'number', flag: '-p', min: 0, max: 1 },
    { name: 'seed', type: 'integer', flag: '-s', min: 0, max: 4294967295 },
    { name: 'steps', type: 'integer', flag: '-n', min: 0, max: 100000 },
    { name: 'prompt', type: 'text', flag: '-i', maxLength: 10000 },
  ],
  keep: [],
};
