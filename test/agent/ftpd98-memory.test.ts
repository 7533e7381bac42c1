import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { haveProgram, notTested } from '../contract/agent/build-agent.ts';
import { compile } from './agents.ts';

const sources = ['line.c', 'path.c', 'text.c'].map(
  (name) => new URL(`../../src/agent/ftpd98/${name}`, import.meta.url).pathname,
);
const watched = ['-g', '-std=c89', '-pedantic', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

if (haveProgram('gcc')) {
  test('whatever a client says, FTPD98 stays within its memory and its root', () => {
    const fuzz = compile('ftpd98-fuzz.c', ...watched, ...sources);
    for (const seed of ['1', '98', '2026']) {
      const { status, stdout, stderr } = spawnSync(fuzz, [seed, '100000'], { encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(Number(stdout)).toBeGreaterThan(1000);
    }
  });
} else {
  notTested('the memory of FTPD98', 'gcc is not installed');
}
