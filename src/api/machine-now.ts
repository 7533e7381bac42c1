import type { Machine as MachineAnswer } from '../contract/machines.ts';
import type { Machine } from '../domain/machine.ts';
import type { ApiStore } from './api-store.ts';
import { presentMachine } from './presenters/machine.ts';

/** A machine as it is now: with what holds it, and whether it is away. */
export async function presentMachineNow(
  { lanes, absences }: Pick<ApiStore, 'lanes' | 'absences'>,
  machine: Machine,
): Promise<MachineAnswer> {
  const { id } = machine;
  return presentMachine(machine, { lane: await lanes.get(id), absence: await absences.get(id) });
}
