import { describe, expect, test } from 'vitest';
import { platformIds } from '../../src/domain/machine.ts';
import { DomainError } from '../../src/domain/errors.ts';
import { platformOf, platforms } from '../../src/platforms/index.ts';

test('each platform id has its facts, under its own id', () => {
  expect(Object.keys(platforms).toSorted()).toEqual(platformIds.toSorted());
  for (const [id, platform] of Object.entries(platforms)) expect(platform.id).toBe(id);
});

test('platformOf finds each of them', () => {
  for (const id of platformIds) expect(platformOf(id)).toBe(platforms[id]);
});

test.each(['', 'WIN9X', 'amiga', 'constructor', '__proto__'])('platformOf refuses %j', (id) => {
  expect(() => platformOf(id)).toThrow(DomainError);
  expect(() => platformOf(id)).toThrow(/known are win9x, winnt, msdos, linux, unix/);
});

describe.each(Object.values(platforms))('$label', (platform) => {
  test('has limits in a sensible order', () => {
    expect(platform.safeFileBytes).toBeLessThanOrEqual(platform.maxFileBytes);
    expect(Number.isSafeInteger(platform.maxFileBytes)).toBe(true);
    expect(platform.maxBatchCommandChars).toBeLessThanOrEqual(platform.maxCommandChars);
    expect(platform.clockStepMs).toBeGreaterThan(0);
  });

  test('a log cannot be live where the server is down', () => {
    if (platform.serverDuringRun === 'down') expect(platform.liveLog).toBe(false);
  });
});

// The limits people run into, each from a source named in the platform's file.
test.each([
  ['msdos', 'maxCommandChars', 127],
  ['win9x', 'maxBatchCommandChars', 127],
  ['win9x', 'maxFileBytes', 4_294_967_294],
  ['win9x', 'safeFileBytes', 2_147_483_647],
  ['msdos', 'serverDuringRun', 'down'],
  ['msdos', 'canKill', false],
  ['win9x', 'clockStepMs', 55],
] as const)('%s: %s is %s', (id, key, value) => {
  expect(platforms[id][key]).toBe(value);
});
