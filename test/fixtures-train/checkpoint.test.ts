import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { faults } from '../../fixtures/train/corpus/judge.mjs';
import { prompts, tell } from '../../fixtures/train/tell.mjs';
import { inspectArtifact, type Inspection } from '../../src/doctor/inspect-artifact.ts';
import { haveProgram, notTested } from '../contract/agent/build-agent.ts';

const fixture = (path: string): string => fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));
const model = fixture('checkpoints/FLEET98.BIN');
const tokenizer = fixture('checkpoints/FTOK512.BIN');
const greedyText = readFileSync(fixture('checkpoints/FLEET98.TXT'), 'utf8');

interface Facts {
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}
const facts: Facts = JSON.parse(readFileSync(fixture('checkpoints/FLEET98.json'), 'utf8'));

test.each(Object.entries(facts.files))('%s is what FLEET98.json says', (name, { bytes, sha256 }) => {
  const content = readFileSync(fixture(`checkpoints/${name}`));
  expect(content.length).toBe(bytes);
  expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
});

function inspect(path: string): Promise<Inspection> {
  const bytes = readFileSync(path);
  return inspectArtifact(bytes, bytes.length);
}

test('the doctor knows both files', async () => {
  expect(await inspect(model)).toMatchObject({
    kind: 'checkpoint',
    facts: { format: 'llama2.c v0', parameters: 260_032, vocabSize: 512, sharedClassifier: true },
  });
  expect((await inspect(model)).facts).not.toHaveProperty('damaged');
  expect(await inspect(tokenizer)).toEqual({
    kind: 'tokenizer',
    facts: { format: 'llama2.c tokenizer', byteOrder: 'little', vocabSize: 512, maxTokenLength: 7 },
  });
});

describe('the first 200 tokens at temperature 0', () => {
  test('come out of the engine', () => {
    expect(`${tell(model, tokenizer, ['-t', '0', '-n', '200'])}\n`).toBe(greedyText);
  });

  if (!haveProgram('gcc') || !haveProgram('make'))
    notTested('the forward pass of the trainer', 'gcc or make is not there');
  else
    test('come out of the forward pass that trained it', () => {
      const folder = mkdtempSync(join(tmpdir(), 'fleet98-trainer-'));
      afterAll(() => rmSync(folder, { recursive: true, force: true }));
      const trainer = join(folder, 'trainer');
      execFileSync('make', ['-s', '-C', fixture('train/trainer'), `OUT=${trainer}`, 'CC=gcc', 'ARCH=']);
      const told = execFileSync(trainer, ['tell', model, tokenizer, '200'], { encoding: 'utf8' });
      expect(told).toBe(greedyText);
    });
});

describe.each(prompts)('%s', (prompt) => {
  test.each([
    ['the likeliest', ['-t', '0']],
    ['a drawn', ['-t', '0.8', '-p', '0.9', '-s', '98']],
  ])('begins %s story that ends', (_name, options) => {
    const story = tell(model, tokenizer, [...options, '-i', prompt]);
    expect(story.startsWith(prompt)).toBe(true);
    expect(faults(story)).toEqual([]);
  });
});
