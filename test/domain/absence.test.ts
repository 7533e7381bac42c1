import { expect, test } from 'vitest';
import { absenceState, isExcused } from '../../src/domain/absence.ts';
import type { Absence } from '../../src/domain/absence.ts';

const working: Absence = {
  machineId: 'A',
  kind: 'working',
  ownerId: 'run:1',
  sinceMs: 1_000,
  backByMs: 2_000,
  loseAtMs: 5_000,
};
const keyboard: Absence = { machineId: 'A', kind: 'keyboard', ownerId: 'run:1', sinceMs: 1_000 };

const rows: readonly [what: string, absence: Absence, nowMs: number, state: string, excused: boolean][] = [
  ['just gone', working, 1_000, 'working', true],
  ['at the predicted time', working, 2_000, 'working', true],
  ['later than predicted', working, 2_001, 'overdue', true],
  ['one moment before it counts as lost', working, 4_999, 'overdue', true],
  ['from then on', working, 5_000, 'overdue', false],
  ['while somebody is waited for it answers', keyboard, 1_500, 'waiting-for-keyboard', false],
  ['however long', keyboard, 1e12, 'waiting-for-keyboard', false],
];
test.each(rows)('%s', (_what, absence, nowMs, state, excused) => {
  expect(absenceState(absence, nowMs)).toBe(state);
  expect(isExcused(absence, nowMs)).toBe(excused);
});

test('a machine that is not away has no excuse', () => {
  expect(isExcused(undefined, 0)).toBe(false);
});
