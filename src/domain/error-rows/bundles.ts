import { row } from './row.ts';

/** Errors of artifacts, bundles and parameters. */
export const bundleErrors = {
  NAME_NOT_8_3: row(
    'user',
    422,
    false,
    'A name does not fit an old machine',
    'Use 1-8 characters A-Z 0-9 _ -, a dot, and at most 3 more.',
  ),
  NAME_CLASH: row(
    'user',
    422,
    false,
    'Two files would have the same name on the machine',
    'Give each file its own name; case makes no difference there.',
  ),
  ARTIFACT_MISSING: row(
    'user',
    422,
    false,
    'The bundle names a file that was never uploaded',
    'Upload it first with PUT /api/v1/artifacts/NAME.',
  ),
  CHECKPOINT_DAMAGED: row(
    'user',
    422,
    false,
    'The checkpoint does not have the size that its header promises',
    'Copy the file again and compare its sha256.',
  ),
  TOKENIZER_MISMATCH: row(
    'user',
    422,
    false,
    'The tokenizer has another vocabulary than the checkpoint',
    'Use the tokenizer that belongs to the checkpoint.',
  ),
  PARAMETER_UNKNOWN: row(
    'user',
    422,
    false,
    'The bundle has no such parameter',
    'GET /api/v1/bundles shows the parameters of each bundle.',
  ),
  PARAMETER_INVALID: row(
    'user',
    422,
    false,
    'A parameter has the wrong type or value',
    'GET /api/v1/bundles shows what each parameter takes.',
  ),
  COMMAND_TOO_LONG: row(
    'user',
    422,
    false,
    'The command line does not fit this machine',
    'Shorten the prompt; the message names the limit.',
  ),
  COMMAND_CHARACTER: row(
    'user',
    422,
    false,
    'The command line of this machine cannot carry a character',
    'Leave the character out; the message names it.',
  ),
  STARTER_MIXED: row(
    'user',
    422,
    false,
    'These machines need different starter bundles',
    'Deploy to machines of one kind at a time, or run `starter`, which brings each its own.',
  ),
  BUNDLE_HAS_NO_COMMAND: row(
    'user',
    422,
    false,
    'The bundle is a delivery of files without a command',
    'Create a version of it with a command.',
  ),
} as const;
