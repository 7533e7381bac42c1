import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  generateCheckpoint,
  generateTokenizer,
  greedyText,
  writeModel,
} from '../../fixtures/checkpoints/generate.mjs';
import { enginePath, runEngine } from './run-engine.ts';

let folder = '';
let model = { checkpoint: '', tokenizer: '' };

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fleet98-engine-'));
  model = writeModel(folder);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const greedy = (...options: string[]): string[] => [
  model.checkpoint,
  '-z',
  model.tokenizer,
  '-t',
  '0',
  ...options,
];

function write(name: string, bytes: Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

describe('text and rate', () => {
  test.each([
    ['40 steps', ['-n', '40'], 40],
    ['256 steps when nothing is said', [], 256],
    ['all positions for -n 0', ['-n', '0'], 512],
    ['no more positions than the model has', ['-n', '100000'], 512],
  ])('prints %s', async (_name, options, steps) => {
    const { exitCode, stdout, stderr } = await runEngine(greedy(...options));
    expect(stdout.toString()).toBe(`${greedyText(steps)}\n`);
    expect(stderr).toMatch(/^achieved tok\/s: \d+\.\d{6}\n$/);
    expect(exitCode).toBe(0);
  });

  test('one step gives no rate', async () => {
    const { exitCode, stdout, stderr } = await runEngine(greedy('-n', '1'));
    expect({ exitCode, stdout: stdout.toString(), stderr }).toEqual({
      exitCode: 0,
      stdout: `${greedyText(1)}\n`,
      stderr: '',
    });
  });

  test('the prompt is echoed, bytes that have no token of their own come back as they were or are dropped', async () => {
    const { stdout } = await runEngine(greedy('-n', '12', '-i', 'Hi {x} é'));
    expect(stdout.toString()).toMatch(/^Hi \{x\} [ a-z\n]+\n$/);
  });

  test('the same seed gives the same text, another seed another one', async () => {
    const plain = generateCheckpoint({ sharedClassifier: true, vocabSize: 300, seqLen: 64 });
    const checkpoint = write('SHARED.BIN', plain);
    const tokenizer = write('TOK300.BIN', generateTokenizer({ vocabSize: 300 }));
    const sample = async (seed: string): Promise<string> => {
      const args = [checkpoint, '-z', tokenizer, '-t', '30', '-p', '1', '-s', seed, '-n', '64'];
      return (await runEngine(args)).stdout.toString('latin1');
    };
    const first = await sample('7');
    expect(first.length).toBeGreaterThan(20);
    expect(await sample('7')).toBe(first);
    expect(await sample('8')).not.toBe(first);
  });

  test('each token is a write of its own', async () => {
    const counter = `import fs from 'node:fs';
      const write = fs.writeSync;
      let writes = 0;
      fs.writeSync = (fd, ...rest) => {
        if (fd === 1) writes++;
        return write(fd, ...rest);
      };
      process.on('exit', () => write(2, 'writes: ' + writes));`;
    const preload = `--import=data:text/javascript,${encodeURIComponent(counter)}`;
    const { stdout, stderr } = await runEngine(greedy('-n', '8'), { NODE_OPTIONS: preload });
    expect(stdout.toString()).toBe(`${greedyText(8)}\n`);
    // Eight tokens and the last line end.
    expect(stderr).toContain('writes: 9');
  });

  test('a paced run is never faster than its pace', async () => {
    const { stderr } = await runEngine(greedy('-n', '10'), { PACE_TOKENS_PER_SECOND: '100' });
    const rate = Number(/achieved tok\/s: ([\d.]+)/.exec(stderr)?.[1]);
    expect(rate).toBeGreaterThan(0);
    expect(rate).toBeLessThanOrEqual(100);
  });
});

describe('failures', () => {
  test.each<[string, () => string[], RegExp]>([
    ['no argument', () => [], /^Usage: {3}llama2c\.mjs/],
    ['an option without value', () => [...greedy(), '-n'], /^Usage:/],
    ['an option of two letters', () => [...greedy(), '-nn', '3'], /^Usage:/],
    ['chat', () => [...greedy(), '-m', 'chat'], /^unknown mode: chat\nUsage:/],
    ['no checkpoint', () => ['NOFILE.BIN', '-z', model.tokenizer], /^Couldn't open file NOFILE\.BIN\n$/],
    ['no tokenizer', () => [model.checkpoint, '-z', 'NOTOK.BIN'], /^couldn't load NOTOK\.BIN\n$/],
    [
      'a tokenizer that is too small',
      () => [model.checkpoint, '-z', write('SMALL.BIN', generateTokenizer({ vocabSize: 300 }))],
      /^failed read\n$/,
    ],
    [
      'a checkpoint cut by one byte',
      () => [write('CUT.BIN', readFileSync(model.checkpoint).subarray(0, 221_851)), '-z', model.tokenizer],
      /CUT\.BIN is cut short: it needs 221852 bytes and has 221851\n$/,
    ],
    [
      'a checkpoint without a whole header',
      () => [write('HEAD.BIN', readFileSync(model.checkpoint).subarray(0, 27)), '-z', model.tokenizer],
      /HEAD\.BIN is cut short/,
    ],
    [
      'a file that is no checkpoint',
      () => [write('TEXT.BIN', Buffer.from('Once upon a time, there was')), '-z', model.tokenizer],
      /cut short|does not begin/,
    ],
    [
      'a v1 file',
      () => [write('V1.BIN', Buffer.concat([Buffer.from('24ka\x01\0\0\0'), Buffer.alloc(600)])), '-z', 'x'],
      /does not begin with a llama2\.c v0 header\n$/,
    ],
  ])('%s', async (_name, args, words) => {
    const { exitCode, stdout, stderr } = await runEngine(args());
    expect(stderr).toMatch(words);
    expect(stdout.toString()).toBe('');
    expect(exitCode).toBe(1);
  });

  test('a reader that goes away ends it without a word', async () => {
    const child = spawn(process.execPath, [enginePath, ...greedy('-n', '0')], {
      env: { ...process.env, PACE_TOKENS_PER_SECOND: '200' },
    });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [exitCode] = await once(child, 'close');
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
  });
});
