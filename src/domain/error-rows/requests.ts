import { row } from './row.ts';

/** Errors of what a person asks, and of the daemon itself. */
export const requestErrors = {
  INVALID_REQUEST: row(
    'user',
    400,
    false,
    'The request is not valid',
    'Correct the field that the message names.',
  ),
  NOT_FOUND: row(
    'user',
    404,
    false,
    'There is no such thing',
    'Check the name; the list routes show what exists.',
  ),
  NAME_TAKEN: row(
    'user',
    409,
    false,
    'The name is in use',
    'Choose another name, or change the existing one.',
  ),
  UNSUPPORTED_MEDIA: row('user', 415, false, 'The body has the wrong type', 'Send application/json.'),
  BODY_TOO_LARGE: row(
    'user',
    413,
    false,
    'The body is too large',
    'Send less, or raise the limit in the settings.',
  ),
  WRONG_HOST: row(
    'user',
    421,
    false,
    'The Host header is foreign',
    'Use the address the daemon listens on, or add the name to http.hosts.',
  ),
  FOREIGN_ORIGIN: row(
    'user',
    403,
    false,
    'The request comes from another web site',
    'Use the CLI, the API or the daemon’s own pages.',
  ),
  UNAUTHORIZED: row(
    'user',
    401,
    false,
    'A token is needed',
    'Send Authorization: Bearer <token> as set in http.token.',
  ),
  UPLOAD_CUT: row(
    'network',
    400,
    true,
    'The upload stopped before its end',
    'Send the file again; nothing was kept.',
  ),
  CONFIG_INVALID: row(
    'user',
    500,
    false,
    'A setting is not valid',
    'Correct the key that the message names.',
  ),
  DATA_DIR_LOCKED: row(
    'user',
    500,
    false,
    'Another daemon uses this data directory',
    'Stop the other one, or give this one its own data_dir.',
  ),
  STORE_DAMAGED: row(
    'us',
    500,
    false,
    'The database cannot be used',
    'Restore it from a backup; the file is left as it is.',
  ),
  BUG: row('us', 500, false, 'fleet98 has a fault', 'Please report it with the daemon’s log.'),
} as const;
