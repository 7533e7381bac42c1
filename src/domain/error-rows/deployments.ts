import { row } from './row.ts';

/** Errors of deployments. */
export const deploymentErrors = {
  MACHINE_NOT_READY: row('user', 409, false, 'The machine is not ready', 'Probe it first.'),
  MACHINE_BUSY: row(
    'user',
    409,
    false,
    'The machine has work that is not over',
    'Wait until it is over, or cancel it: fleet98 runs --machine NAME.',
  ),
  MACHINE_HAS_HISTORY: row(
    'user',
    409,
    false,
    'Something was done with the machine, which is never forgotten',
    'Retire it instead: fleet98 machine retire NAME.',
  ),
  MACHINE_HELD: row(
    'user',
    409,
    false,
    'The machine is on hold',
    'Lift the hold with `fleet98 machine hold NAME --off`.',
  ),
  PREFLIGHT_BLOCKED: row(
    'user',
    409,
    false,
    'Preflight found a reason not to start',
    'GET /api/v1/machines/NAME/preflight lists the findings.',
  ),
  DISK_TOO_SMALL: row(
    'machine',
    409,
    false,
    'The files do not fit on the free disk',
    'Free some space on the machine, or deploy a smaller bundle.',
  ),
  VERIFY_MISMATCH: row(
    'machine',
    502,
    true,
    'A file on the machine is not what was sent',
    'fleet98 sends it again; if it repeats, check disk and cable.',
  ),
  NOT_DEPLOYED: row(
    'user',
    409,
    false,
    'The bundle is not on that machine',
    'Deploy it first, or say deploy: true.',
  ),
  BUNDLE_IN_USE: row(
    'user',
    409,
    false,
    'Work that is not over needs the bundle there',
    'Wait until it is over, or cancel it; then remove the bundle.',
  ),
  NO_OLDER_VERSION: row(
    'user',
    409,
    false,
    'There is no older version to go back to',
    'Deploy the version that you want as NAME@VERSION.',
  ),
  ROLLBACK_UNCLEAR: row(
    'user',
    409,
    false,
    'It is not clear what to go back to',
    'Deploy the version that you want as NAME@VERSION.',
  ),
  GAVE_UP: row(
    'network',
    504,
    false,
    'The work was given up after waiting too long',
    'Bring the machine back, then deploy again.',
  ),
} as const;
