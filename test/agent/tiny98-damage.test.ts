import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generateCheckpoint, greedyText } from '../../fixtures/checkpoints/generate.mjs';
import { haveProgram, notTested } from '../contract/agent/build-agent.ts';
import {
  buildTiny98,
  engineFolder,
  engineModels,
  tell,
  type EngineCommand,
  type EngineText,
} from './tiny98.ts';

/** Numbers of our own that can be repeated. */
function* randomNumbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state >>> 8;
  }
}

/** The seven numbers of a checkpoint, and a little behind them. */
function header(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(28 + 64);
  for (const [at, number] of numbers.entries()) bytes.writeInt32LE(number, 4 * at);
  return bytes;
}

if (haveProgram('gcc') && haveProgram('make')) {
  const [model] = engineModels();
  const folder = engineFolder();
  const checkpoint = readFileSync(model.checkpoint);
  const tokenizer = readFileSync(model.tokenizer);
  const asFile = (name: string, bytes: Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };
  const plain: EngineCommand = [buildTiny98('nix')];

  /** One sentence, and nothing of a text. */
  const refusal = (
    files: { checkpoint?: string; tokenizer?: string },
    ...options: readonly string[]
  ): string => {
    const { code, text, errors } = tell(plain, { ...model, ...files }, ...options);
    expect([code, text.toString()]).toEqual([1, '']);
    return errors.replaceAll(`${folder}/`, '');
  };

  describe('tiny98 refuses a checkpoint', () => {
    test.each<[string, Uint8Array, string]>([
      ['of nothing', Buffer.alloc(0), 'X.BIN is cut short: it has no whole header'],
      ['of half a header', checkpoint.subarray(0, 20), 'X.BIN is cut short: it has no whole header'],
      [
        'that was cut',
        checkpoint.subarray(0, 50_000),
        `X.BIN is cut short: it needs ${checkpoint.length} bytes and has 50000`,
      ],
      [
        'that grew on its way',
        Buffer.concat([checkpoint, Buffer.from('\r')]),
        `X.BIN is too long: it needs ${checkpoint.length} bytes and has ${checkpoint.length + 1}`,
      ],
      ['that is none', tokenizer, 'X.BIN does not begin with the header of a llama2.c model, version 0'],
      [
        'of another byte order',
        Buffer.from(checkpoint.subarray(0, checkpoint.length & ~3)).swap32(),
        'X.BIN has its bytes in the other order; this engine reads little-endian files everywhere',
      ],
      [
        'of a later version',
        header(0x616b3432, 1, 64, 172, 5, 8, 4),
        'X.BIN is of a later version of the format; this engine reads version 0',
      ],
      [
        'whose numbers are too large for it',
        header(8192, 8192, 100, 8, 8, 32000, 2048),
        'X.BIN is of a model of more than 2 GB, which is too big for this engine',
      ],
      [
        'with the lowest of all numbers',
        header(64, 172, 5, 8, 4, -2147483648, 512),
        'X.BIN does not begin with the header of a llama2.c model, version 0',
      ],
    ])('%s', (_what, bytes, sentence) => {
      expect(refusal({ checkpoint: asFile('X.BIN', bytes) })).toBe(`Checkpoint ${sentence}\n`);
    });

    test('that is not there', () => {
      expect(refusal({ checkpoint: join(folder, 'NONE.BIN') })).toBe("Couldn't open file NONE.BIN\n");
    });
  });

  describe('tiny98 refuses a tokenizer', () => {
    const fewer = 'has fewer pieces than the model: it is cut short, or belongs to another model';

    test.each<[string, Uint8Array, string]>([
      ['of nothing', Buffer.alloc(0), 'X.TOK is no tokenizer of llama2.c: its size cannot be right'],
      ['that was cut', tokenizer.subarray(0, tokenizer.length - 20), `X.TOK ${fewer}`],
      ['that was cut early', tokenizer.subarray(0, 3000), `X.TOK ${fewer}`],
      [
        'that was cut in its last piece',
        tokenizer.subarray(0, tokenizer.length - 1),
        'X.TOK is cut short in its last piece',
      ],
      [
        'of a larger model',
        Buffer.concat([tokenizer, Buffer.from('\0\0\0\0\u0001\0\0\0a')]),
        'X.TOK has more pieces than the model: it belongs to another model',
      ],
      ['that is none', checkpoint, 'X.TOK is no tokenizer of llama2.c, or was damaged on its way'],
    ])('%s', (_what, bytes, sentence) => {
      expect(refusal({ tokenizer: asFile('X.TOK', bytes) })).toBe(`Tokenizer ${sentence}\n`);
    });

    test('that is not there', () => {
      expect(refusal({ tokenizer: join(folder, 'NONE.TOK') })).toBe("couldn't load NONE.TOK\n");
    });
  });

  test.each<[readonly string[], string]>([
    [['-x', '1'], 'There is no option -x'],
    [['--help'], 'There is no option --help'],
    [['prompt', 'x'], 'There is no option prompt'],
    [['-n'], 'The option -n has no value'],
    [['-n', 'many'], 'The value of -n cannot be many'],
    [['-n', ''], 'The value of -n cannot be '],
    [['-t', '1e3'], 'The value of -t cannot be 1e3'],
    [['-p', '.'], 'The value of -p cannot be .'],
    [['-s', '12x'], 'The value of -s cannot be 12x'],
    [['-m', 'chat'], 'The value of -m cannot be chat'],
  ])('tiny98 does not take %j', (options, sentence) => {
    const [first, ...usage] = refusal({}, ...options).split('\n');
    expect([first, usage[1]]).toEqual([sentence, 'Usage:   tiny98 <checkpoint> [options]']);
  });

  describe.skipIf(process.arch !== 'x64')('tiny98 on a machine with little memory', () => {
    const long = asFile('LONG.BIN', generateCheckpoint({ seqLen: 8192 }));
    const alone = buildTiny98('linux-x86_64');
    const within = (kilobytes: number, ...options: readonly string[]): EngineText => {
      const limited: EngineCommand = ['bash', '-c', `ulimit -v ${kilobytes} && exec "$0" "$@"`, alone];
      return tell(limited, { ...model, checkpoint: long }, '-t', '0', ...options);
    };

    test('takes no more than its steps need', () => {
      expect(within(1500, '-n', '8')).toMatchObject({ code: 0, text: Buffer.from(`${greedyText(8)}\n`) });
    });

    test('says when they need too much', () => {
      const { code, errors } = within(1500, '-n', '0');
      const sentence = 'The memory of this machine is too small for so many steps: try a smaller -n\n';
      expect([code, errors]).toEqual([1, sentence]);
    });

    test('says when the model is too large', () => {
      const { code, errors } = within(250, '-n', '8');
      expect([code, errors]).toEqual([
        1,
        `Checkpoint ${long} does not fit into the memory of this machine\n`,
      ]);
    });
  });

  describe('tiny98 built to watch its memory', () => {
    const watched: EngineCommand = [
      buildTiny98(
        'nix',
        'CFLAGS=-O1 -g -fsanitize=address,undefined,float-divide-by-zero,float-cast-overflow -fno-sanitize-recover=all',
      ),
    ];

    test('is clean with whole files', () => {
      expect(tell(watched, model, '-n', '30', '-i', 'Zoë').code).toBe(0);
      expect(tell(watched, model, '-t', '0', '-n', '0').code).toBe(0);
    });

    test.each([1, 2, 3, 4])('ends with 0 or 1 whatever its files hold (%i)', (seed) => {
      const random = randomNumbers(seed);
      const below = (limit: number): number => random.next().value % limit;
      for (let turn = 0; turn < 25; turn++) {
        const [bytes, reach] = turn % 2 === 0 ? [checkpoint, 28] : [tokenizer, tokenizer.length];
        const damaged = Buffer.from(bytes);
        for (let hits = 1 + below(3); hits > 0; hits--) damaged[below(reach)] = below(256);
        const name = turn % 2 === 0 ? 'checkpoint' : 'tokenizer';
        const result = tell(watched, { ...model, [name]: asFile('X.BIN', damaged) }, '-n', '3', '-i', 'a b');
        expect([0, 1], `seed ${seed}, turn ${turn}: ${result.errors}`).toContain(result.code);
        expect(result.errors).not.toMatch(/Sanitizer|runtime error/);
      }
    });

    test('bears weights that are no numbers', () => {
      const damaged = Buffer.from(checkpoint);
      for (let at = 28; at + 4 <= damaged.length; at += 4)
        damaged.writeFloatLE(at % 8 === 0 ? NaN : Infinity, at);
      expect(tell(watched, { ...model, checkpoint: asFile('X.BIN', damaged) }, '-n', '3').code).toBe(0);
    });
  });
} else {
  notTested('tiny98 with damaged files', 'there is no gcc or no make');
}
