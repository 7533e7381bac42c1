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
  NO_READY_PROGRAM: row(
    'machine',
    409,
    false,
    'No ready-made program fits the machine',
    'Build it from src/agent with a compiler of the machine, or bring your own engine as a bundle; `fleet98 agents` lists what there is.',
  ),
  PROGRAM_DAMAGED: row(
    'us',
    500,
    false,
    'A ready-made program is not the one that its list promises',
    'Install fleet98 again; in a clone, look at deploy-scripts/machine with `git status`.',
  ),
  UPDATE_FAILED: row(
    'machine',
    502,
    false,
    'The agent did not give way to the new one',
    'The message says which agent goes on and why; look at the machine, then try again.',
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
