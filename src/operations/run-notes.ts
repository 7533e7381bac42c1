import { unseenRuns } from '../doctor/preflight/agent-checks.ts';
import type { Store } from '../store/open-store.ts';
import { knownPlatform } from './one-at-a-time.ts';
import type { RunNote } from './operations.ts';

/** What runs are like on those of the machines that go down for them. */
export async function runNotes(store: Pick<Store, 'machines'>, names: readonly string[]): Promise<RunNote[]> {
  const notes: RunNote[] = [];
  for (const name of names) {
    const machine = await store.machines.findByName(name);
    const platform = machine && knownPlatform(machine);
    const findings = platform ? unseenRuns(platform) : [];
    notes.push(...findings.map(({ code, message }) => ({ machine: name, code, message })));
  }
  return notes;
}
