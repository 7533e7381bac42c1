import { DomainError } from '../domain/errors.ts';
import type { Machine } from '../domain/machine.ts';
import type { Store } from '../store/open-store.ts';
import type { Selector } from './operations.ts';
import { platformIdOf } from './preflight-plan.ts';

export async function requireMachine(store: Store, name: string): Promise<Machine> {
  const machine = await store.machines.findByName(name);
  if (!machine) throw new DomainError('NOT_FOUND', `there is no machine named ${name}`);
  return machine;
}

/** The machines that are meant, each once, all of them ready. Throws when one is not, or when none is meant. */
export async function selectMachines(store: Store, selector: Selector): Promise<Machine[]> {
  const meant = await candidates(store, selector);
  if (meant.length === 0) throw new DomainError('NOT_FOUND', 'no machine is meant by this selection');
  for (const machine of meant) {
    if (machine.state === 'ready') continue;
    throw new DomainError('MACHINE_NOT_READY', `${machine.name} is ${machine.state}`);
  }
  return meant;
}

async function candidates(store: Store, selector: Selector): Promise<Machine[]> {
  if (selector !== 'all' && 'names' in selector) {
    return Promise.all([...new Set(selector.names)].map((name) => requireMachine(store, name)));
  }
  const ready = (await store.machines.all()).filter((machine) => machine.state === 'ready');
  if (selector === 'all') return ready;
  if ('platform' in selector) return ready.filter((machine) => platformIdOf(machine) === selector.platform);
  const wanted = Object.entries(selector.labels);
  return ready.filter((machine) => wanted.every(([key, value]) => machine.labels[key] === value));
}
