import { DomainError } from '../domain/errors.ts';
import type { ApiParts } from './parts.ts';
import { defined } from './defined.ts';
import { found } from './found.ts';

/** The ids of what a list is filtered by. NOT_FOUND for a machine or a bundle that is not there. */
export async function filterIds(
  { store, operations }: ApiParts,
  { machine, bundle }: { machine?: string; bundle?: string },
): Promise<{ machineId?: string; bundleId?: number }> {
  const known = machine === undefined ? undefined : await store.machines.findByName(machine);
  return defined({
    machineId: machine === undefined ? undefined : found(known, `machine '${machine}'`).id,
    bundleId: bundle === undefined ? undefined : (await operations.findBundle(bundle)).id,
  });
}

const timeOf = (time: string | undefined): number | undefined =>
  time === undefined ? undefined : Date.parse(time);

/** The times of what a list is filtered by, in milliseconds. INVALID_REQUEST when no time is between them. */
export function filterTimes(given: { since?: string; until?: string }): { since?: number; until?: number } {
  const since = timeOf(given.since);
  const until = timeOf(given.until);
  if (since !== undefined && until !== undefined && since > until)
    throw new DomainError('INVALID_REQUEST', 'since is later than until');
  return defined({ since, until });
}
