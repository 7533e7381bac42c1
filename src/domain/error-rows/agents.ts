import { row } from './row.ts';

/** Errors of the spool and the agent. */
export const agentErrors = {
  SPOOL_NOT_FOUND: row(
    'machine',
    409,
    false,
    'There is no spool folder on the machine',
    'Make the folder FLEET98 there, or name it in the machine’s spool field.',
  ),
  AGENT_NEEDED: row(
    'machine',
    409,
    false,
    'No agent runs on the machine',
    'Start AGENT.EXE in the spool folder, then probe again.',
  ),
  AGENT_SILENT: row(
    'machine',
    503,
    true,
    'The agent does not take the job',
    'Is AGENT.EXE still running there?',
  ),
  AGENT_UNKNOWN_KIND: row(
    'machine',
    409,
    false,
    'The agent is too old for this',
    'Update the agent on the machine.',
  ),
  WRONG_MACHINE: row(
    'machine',
    409,
    false,
    'Another machine answers at this address',
    'Compare both machines; correct the host, or register the new one.',
  ),
  ID_MISSING: row(
    'machine',
    409,
    false,
    'The machine has lost its MACHINE.ID',
    'Say `fleet98 machine adopt NAME` if it is the same machine.',
  ),
  MACHINE_OWNED: row(
    'machine',
    409,
    false,
    'Another daemon uses this machine',
    'Say `fleet98 machine adopt NAME` to take it over.',
  ),
  SPOOL_DAMAGED: row(
    'machine',
    502,
    false,
    'A file of the agent makes no sense',
    'Look at the file on the machine; restart the agent.',
  ),
  JOB_REFUSED: row(
    'us',
    502,
    false,
    'The agent did not understand the job',
    'Update the agent; if it is current, report this.',
  ),
} as const;
