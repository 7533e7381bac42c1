import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { faults } from '../../fixtures/train/corpus/judge.mjs';
import { newStories } from '../../fixtures/train/corpus/story.mjs';
import { corpusTokenizer } from '../../fixtures/train/prepare.mjs';

const stories = newStories(2000, 98);

describe('the corpus', () => {
  test('is the one that the checkpoint was trained on', () => {
    const hash = createHash('sha256').update(stories.join('\n\n')).digest('hex');
    expect(hash).toBe('321caa89713013b293f7521b2a1be1f5cf7897029dd0df0791904ce1de45c98c');
  });

  test('has no story twice', () => {
    expect(new Set(stories).size).toBe(2000);
  });

  test('is plain ASCII, of stories of 60 to 200 words, none with a fault', () => {
    expect(stories.filter((story) => !/^[ -~\n]+$/.test(story))).toEqual([]);
    expect(stories.flatMap(faults)).toEqual([]);
  });
});

const story = newStories(1, 7)[0] ?? '';

test.each<[string, (text: string) => string, string | RegExp]>([
  ['a quotation that does not end', (text) => text.replace(/"$|"(?= )/, ''), /quotation/],
  ['an end that is cut off', (text) => text.slice(0, -3), 'no end'],
  ['a made-up word', (text) => text.replace(' the ', ' thelp '), '"thelp" is no word'],
  ['a third person', (text) => `${text} Lily, Tom, Rex and Momo.`, /names/],
  ['a beginning without the rest', (text) => `${text.slice(0, 40)}.`, 'too short'],
  ['a text without paragraphs', (text) => text.replaceAll('\n', ' '), 'not three paragraphs'],
])('the judge sees %s', (_name, spoil, words) => {
  expect(faults(spoil(story))).toContainEqual(expect.stringMatching(words));
});

test('the tokenizer is learned again byte for byte', () => {
  const kept = fileURLToPath(new URL('../../fixtures/checkpoints/FTOK512.BIN', import.meta.url));
  expect(corpusTokenizer().equals(readFileSync(kept))).toBe(true);
});
