import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { runEngine, trainedModel } from './run-engine.ts';

const model = trainedModel();
if (model === undefined) process.stderr.write('skipped: ../shared/models is not there\n');

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function run(...options: string[]): Promise<Buffer> {
  const result = await runEngine([model?.checkpoint ?? '', '-z', model?.tokenizer ?? '', ...options]);
  expect(result.exitCode).toBe(0);
  return result.stdout;
}

/** Sizes and hashes are of what llama2.c's own program prints. */
describe.skipIf(model === undefined)('a trained model of 260,000 parameters', () => {
  test.each([
    ['200', 465, 'f5a0e67db7424051520e7d8db9880b3dc2aa13577db570c28805c1b51c42eaf0'],
    ['256', 566, 'a3213f9ea026d75bf2993355ae334822d7c9d34328964c711ab030d3148e6cef'],
    ['0', 776, 'e0c267ef267cb50130db210849536569e50920fbfdf130bc9784d6d5ae66aaad'],
  ])('greedy, -n %s', async (steps, bytes, hash) => {
    const stdout = await run('-t', '0', '-n', steps);
    expect([stdout.length, sha256(stdout)]).toEqual([bytes, hash]);
  });

  test('the text alone has 464 bytes', async () => {
    const text = (await run('-t', '0', '-n', '200')).subarray(0, -1);
    expect(text.length).toBe(464);
    expect(sha256(text)).toBe('beeb5cb46785efee81a8545300b31e396b595e5ce6f3b77db201545501981d14');
  });

  test('a prompt that is the beginning of the text changes nothing', async () => {
    const stdout = await run('-t', '0', '-i', 'Once upon a time');
    expect(sha256(stdout)).toBe('a3213f9ea026d75bf2993355ae334822d7c9d34328964c711ab030d3148e6cef');
  });

  test('another prompt', async () => {
    expect((await run('-t', '0', '-n', '60', '-i', 'Zoo')).toString()).toMatch(
      /^Zoo was a little girl named Lily\./,
    );
  });

  test('sampling with a seed draws the same numbers as the C program', async () => {
    const text = (await run('-t', '1', '-p', '0.9', '-s', '133742')).toString();
    expect(text).toMatch(
      /^Once upon a time, there was a little boy named Timmy\. Timmy loved to play with his toys and eat sandwiches\./,
    );
  });
});
