import type { Store } from '../store/open-store.ts';

/** Ids of the machines on which new work may start: ready, not held, lane free, and no run that was lost there. */
export async function freeMachines(store: Store): Promise<Set<string>> {
  const free = new Set<string>();
  for (const machine of await store.machines.all()) {
    if (machine.state === 'ready' && !machine.held) free.add(machine.id);
  }
  for (const lane of await store.lanes.all()) free.delete(lane.machineId);
  for (const run of await store.runs.active()) if (run.state === 'lost') free.delete(run.machineId);
  return free;
}
