import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LogFile } from '../../../src/simulator/agent/log-file.ts';
import { temporaryFolder } from '../support.ts';

const firstLine = '#fleet98 1\n';

test('writes records of at most 4,096 bytes, with the time in milliseconds', () => {
  const path = join(temporaryFolder(), 'A.LOG');
  const log = new LogFile(path, firstLine, 1_000_000);
  expect(log.add('o', Buffer.from('hello'), 12.34567)).toBe('written');
  expect(log.add('e', Buffer.alloc(4_100, 'x'), 13)).toBe('written');
  expect(readFileSync(path, 'latin1')).toBe(
    `${firstLine}@12.346 o 5\nhello\n@13 e 4096\n${'x'.repeat(4_096)}\n@13 e 4\nxxxx\n`,
  );
});

test('leaves out whole records past the limit, and every one after the first left out', () => {
  const path = join(temporaryFolder(), 'A.LOG');
  const log = new LogFile(path, firstLine, firstLine.length + 20);
  log.add('o', Buffer.from('1234'), 1);
  expect(log.cut).toBe(false);
  log.add('o', Buffer.from('too long for the rest'), 2);
  log.add('o', Buffer.from('x'), 3);
  expect(log.cut).toBe(true);
  expect(readFileSync(path, 'latin1')).toBe(`${firstLine}@1 o 4\n1234\n`);
});

test('keeps what cannot be written now, says when its ring is full, and loses nothing', () => {
  const path = join(temporaryFolder(), 'A.LOG');
  mkdirSync(path);
  const log = new LogFile(path, firstLine, 10_000_000);
  expect(log.add('o', Buffer.from('a'), 1)).toBe('kept');
  let rounds = 0;
  while (log.add('o', Buffer.alloc(4_096, 'b'), 2) === 'kept') rounds += 1;
  expect(rounds).toBeLessThan(20);
  rmdirSync(path);
  expect(log.flush()).toBe('written');
  const text = readFileSync(path, 'latin1');
  expect(text.startsWith(`${firstLine}@1 o 1\na\n@2 o 4096\nb`)).toBe(true);
  expect(text.match(/@2 o 4096\n/g)).toHaveLength(rounds + 1);
});
