import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { generateCheckpoint, generateTokenizer, greedyText } from '../../fixtures/checkpoints/generate.mjs';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

// The same bytes on every computer: other tests and the demo rely on texts and sizes that follow from them.
test('the default files are always the same', () => {
  expect(sha256(generateCheckpoint())).toBe(
    '705fe406137f482710637c915604ecb0248fbf1b1ebfd2f93266124b01bfff12',
  );
  expect(sha256(generateTokenizer())).toBe(
    'c430dbba59527cbd167b74ab8165acb1677aa7b189e46f91eaa4e827d16ac468',
  );
});

test('another seed gives another file of the same size', () => {
  const other = generateCheckpoint({ seed: 99 });
  expect(other.length).toBe(221_852);
  expect(sha256(other)).not.toBe(sha256(generateCheckpoint()));
});

test('the text is printable, and never the end mark', () => {
  const text = greedyText(0);
  expect(text).toMatch(/^[ -~\n]+$/);
  expect(text.split(/\s/)).toHaveLength(512);
  expect(text.startsWith(greedyText(100))).toBe(true);
});

test('as a program it writes both files and says where', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'fleet98-generate-'));
  try {
    const script = fileURLToPath(new URL('../../fixtures/checkpoints/generate.mjs', import.meta.url));
    const said = execFileSync(process.execPath, [script, path.join(folder, 'new')], { encoding: 'utf8' });
    const [checkpoint = '', tokenizer = ''] = said.trim().split('\n');
    expect([path.basename(checkpoint), path.basename(tokenizer)]).toEqual(['RANDOM.BIN', 'RTOK512.BIN']);
    expect(readFileSync(checkpoint).equals(generateCheckpoint())).toBe(true);
    expect(readFileSync(tokenizer).equals(generateTokenizer())).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
