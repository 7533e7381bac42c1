import { row } from './row.ts';

/** Errors of runs. */
export const runErrors = {
  START_FAILED: row(
    'engine',
    502,
    false,
    'The machine’s system refused to start the program',
    'The detail has the system’s words; is it a program for this system?',
  ),
  ENGINE_FAILED: row(
    'engine',
    502,
    false,
    'The program ended with an error',
    'Read its error output in the run’s log.',
  ),
  ENGINE_CRASHED: row(
    'engine',
    502,
    false,
    'The program was ended by a signal or a fault',
    'Read the end of the run’s log.',
  ),
  RUN_LIMIT: row(
    'engine',
    504,
    false,
    'The run passed its time limit and was stopped',
    'Raise limitSeconds, or ask for fewer tokens.',
  ),
  RUN_QUIET: row(
    'engine',
    504,
    false,
    'The run printed nothing for too long and was stopped',
    'Raise quietSeconds, or look whether the program hangs.',
  ),
  AGENT_RESTARTED: row(
    'machine',
    502,
    false,
    'The agent was restarted in the middle of the run',
    'Run again.',
  ),
  LOST_EVIDENCE: row(
    'machine',
    502,
    false,
    'Only a log without an end is left of the run',
    'Run again; the log so far is kept.',
  ),
  LOG_CONFLICT: row(
    'machine',
    502,
    false,
    'The machine’s log differs from the one stored',
    'Both are kept; look at the machine’s disk.',
  ),
  CANCELED: row('user', 409, false, 'It was canceled', 'Start it again if it was not meant.'),
  ALREADY_ENDED: row('user', 409, false, 'It has ended already', 'Nothing needs to be done.'),
} as const;
