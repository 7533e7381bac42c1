import type { Store } from '../store/open-store.ts';

/** Ids of the machines on which new work may start: ready, not held, lane free, and no run that was lost there. */
export async function freeMachines(store: Store): Promise<Set<string>> {
  return new Set(await store.machines.freeIds());
}
