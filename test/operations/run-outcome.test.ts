import { expect, test } from 'vitest';
import type { RunEnd } from '../../src/domain/run.ts';
import { outcomeOf } from '../../src/operations/run-outcome.ts';

const end = (reason: string, more: Partial<RunEnd> = {}): RunEnd => ({
  reason,
  logCut: false,
  kept: [],
  ...more,
});
const silent = { printsMarker: true, marker: false };
const marked = { printsMarker: true, marker: true };
const plain = { printsMarker: false, marker: false };

test.each([
  ['a clean end', end('exited', { exitCode: 0 }), marked, 'succeed', undefined, []],
  [
    'a clean end without the marker',
    end('exited', { exitCode: 0 }),
    silent,
    'succeed',
    undefined,
    ['no-end-marker'],
  ],
  ['a clean end of plain text', end('exited', { exitCode: 0 }), plain, 'succeed', undefined, []],
  [
    'a crash after the marker',
    end('exited', { exitCode: 139, signal: 11 }),
    marked,
    'succeed',
    undefined,
    ['exit-after-end'],
  ],
  [
    'an exit code after the marker',
    end('exited', { exitCode: 1 }),
    marked,
    'succeed',
    undefined,
    ['exit-after-end'],
  ],
  ['an exit code', end('exited', { exitCode: 1 }), silent, 'fail', 'ENGINE_FAILED', []],
  ['a signal', end('exited', { exitCode: 137, signal: 9 }), silent, 'fail', 'ENGINE_CRASHED', []],
  ['no exit code at all', end('exited'), silent, 'fail', 'ENGINE_FAILED', []],
  ['killed', end('killed'), marked, 'stopped', 'CANCELED', []],
  ['the time limit', end('limit'), silent, 'time-out', 'RUN_LIMIT', []],
  ['silence', end('quiet'), silent, 'time-out', 'RUN_QUIET', []],
  ['a restart of the agent', end('agent-restarted'), silent, 'fail', 'AGENT_RESTARTED', []],
  ['a restart after the marker', end('agent-restarted'), marked, 'succeed', undefined, ['exit-after-end']],
  ['not started', end('start-failed', { systemError: '2 No such file' }), silent, 'fail', 'START_FAILED', []],
  ['not placed', end('not-placed'), silent, 'fail', 'NOT_DEPLOYED', []],
  ['a full disk', end('disk-full'), silent, 'fail', 'DISK_FULL', []],
  ['a job that was not understood', end('bad-job', { why: 'exe' }), silent, 'fail', 'JOB_REFUSED', []],
  ['a reason of another agent', end('eaten'), silent, 'fail', 'SPOOL_DAMAGED', []],
  ['a reason like a method', end('constructor'), silent, 'fail', 'SPOOL_DAMAGED', []],
] as const)('%s', (_, ended, engine, event, code, flags) => {
  const outcome = outcomeOf(ended, engine);
  expect([outcome.event, outcome.code, outcome.flags]).toEqual([event, code, flags]);
});
