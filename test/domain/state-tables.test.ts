import { describe, expect, test } from 'vitest';
import { deploymentState, isTargetEnded, targetEndStates, targetTable } from '../../src/domain/deployment.ts';
import type { DeploymentState, TargetState } from '../../src/domain/deployment.ts';
import { machineTable } from '../../src/domain/machine.ts';
import { isRunEnded, runEndStates, runTable } from '../../src/domain/run.ts';
import { canStep, step } from '../../src/domain/state-table.ts';
import type { StateTable } from '../../src/domain/state-table.ts';

type AnyTable = StateTable<string, string>;

const tables: readonly [name: string, table: AnyTable, first: string, ends: readonly string[]][] = [
  ['machine', machineTable, 'new', []],
  ['target', targetTable, 'queued', targetEndStates],
  ['run', runTable, 'queued', runEndStates],
];

const exitsOf = (table: AnyTable, state: string): string[] =>
  Object.values(table[state] ?? {}).filter((next) => next !== undefined);

function reachable(table: AnyTable, first: string): Set<string> {
  const seen = new Set([first]);
  // A set yields what is added while it is walked.
  for (const state of seen) for (const next of exitsOf(table, state)) seen.add(next);
  return seen;
}

describe.each(tables)('the table of a %s', (_name, table, first, ends) => {
  const states = Object.keys(table);
  const events = [...new Set(states.flatMap((state) => Object.keys(table[state] ?? {})))];

  test('has a row for every state that it leads to', () => {
    expect(states.length).toBeGreaterThan(2);
    expect(states.flatMap((state) => exitsOf(table, state)).filter((next) => !states.includes(next))).toEqual(
      [],
    );
  });

  test('steps where it has a cell, and calls a hole a bug', () => {
    for (const state of states) {
      for (const event of events) {
        const next = table[state]?.[event];
        expect(canStep(table, state, event)).toBe(next !== undefined);
        if (next === undefined) {
          expect(() => step(table, state, event)).toThrow(
            expect.objectContaining({ code: 'BUG', message: expect.stringContaining(`'${event}'`) }),
          );
        } else {
          expect(step(table, state, event)).toBe(next);
        }
      }
    }
  });

  test('has no way out of an end state, and one out of every other', () => {
    expect(states.filter((state) => exitsOf(table, state).length === 0).toSorted()).toEqual(ends.toSorted());
  });

  test('reaches every state from the first', () => {
    expect([...reachable(table, first)].toSorted()).toEqual(states.toSorted());
  });

  test('can come to an end from everywhere', () => {
    if (ends.length === 0) return;
    const stuck = states.filter((state) => ![...reachable(table, state)].some((next) => ends.includes(next)));
    expect(stuck).toEqual([]);
  });
});

describe('promises of the tables', () => {
  test('a run that is lost can still come to any end', () => {
    for (const end of runEndStates) expect(exitsOf(runTable, 'lost')).toContain(end);
  });

  test('a run only times out on the agent’s word, so never before it was claimed', () => {
    for (const state of ['queued', 'starting', 'running'] as const) {
      expect(canStep(runTable, state, 'time-out')).toBe(false);
    }
  });

  test('a target that is at work can be put off, canceled and fail', () => {
    for (const state of ['preflight', 'transferring', 'verifying', 'placing'] as const) {
      expect([
        step(targetTable, state, 'postpone'),
        step(targetTable, state, 'cancel'),
        step(targetTable, state, 'fail'),
      ]).toEqual(['waiting', 'canceling', 'failed']);
    }
  });

  test('a run that waits for a person is queued, and only one whose job may not have begun is parked', () => {
    expect(step(runTable, 'starting', 'park')).toBe('queued');
    for (const state of ['running', 'collecting', 'canceling', 'lost'] as const) {
      expect(canStep(runTable, state, 'park')).toBe(false);
    }
    // What went on unseen can turn out not to have begun.
    expect(step(runTable, step(runTable, 'starting', 'left'), 'unclaimed')).toBe('starting');
  });

  test('end states know that they are', () => {
    expect(isRunEnded('lost')).toBe(false);
    expect(isRunEnded('timed-out')).toBe(true);
    expect(isTargetEnded('waiting')).toBe(false);
    expect(isTargetEnded('incompatible')).toBe(true);
  });
});

describe('a deployment', () => {
  const rows: readonly [targets: readonly TargetState[], expected: DeploymentState][] = [
    [['queued', 'queued'], 'queued'],
    [['queued', 'preflight'], 'active'],
    [['queued', 'done'], 'active'],
    [['done', 'waiting'], 'active'],
    [['failed', 'canceling'], 'active'],
    [['done', 'done'], 'done'],
    [['done', 'already-current'], 'done'],
    [['done', 'failed'], 'partly-failed'],
    [['already-current', 'incompatible', 'canceled'], 'partly-failed'],
    [['failed', 'failed'], 'failed'],
    [['failed', 'canceled'], 'failed'],
    [['incompatible'], 'failed'],
    [['canceled', 'canceled'], 'canceled'],
  ];
  test.each(rows)('with targets %o is %s', (targets, expected) => {
    expect(deploymentState(targets)).toBe(expected);
  });
});
