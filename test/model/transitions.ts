import { machineTable } from '../../src/domain/machine.ts';
import { runTable } from '../../src/domain/run.ts';
import { targetTable } from '../../src/domain/deployment.ts';
import type { StateTable } from '../../src/domain/state-table.ts';
import type { FleetEvent } from '../../src/operations/event-bus.ts';
import type { Store } from '../../src/store/open-store.ts';

/** From each state, the states that one event leads to. */
type Steps = ReadonlyMap<string, ReadonlySet<string>>;

function stepsOf<S extends string, E extends string>(table: StateTable<S, E>): Steps {
  const rows: [string, Partial<Record<E, S>>][] = Object.entries(table);
  return new Map(
    rows.map(([state, row]) => [state, new Set(Object.values<S | undefined>(row).filter(isThere))]),
  );
}

const isThere = <T>(value: T | undefined): value is T => value !== undefined;

const steps = { run: stepsOf(runTable), target: stepsOf(targetTable), machine: stepsOf(machineTable) };
type Kind = keyof typeof steps;

/** Follows every state that the daemon tells of, through all of its lives, and says which could not be. */
export class Transitions {
  readonly violations: string[] = [];
  readonly #known = new Map<string, string>();

  /** One event leads at most one step on. */
  heed(event: FleetEvent): void {
    if (event.type === 'run') this.#move('run', String(event.runId), event.state, 1);
    if (event.type === 'target')
      this.#move('target', `${event.deploymentId} on ${event.machine}`, event.state, 1);
    if (event.type === 'machine') this.#move('machine', event.machine, event.state, 1);
  }

  /** A daemon that died may have saved steps that it did not come to tell of; it cannot have gone back. */
  async compare(store: Store): Promise<void> {
    for (const machine of await store.machines.all()) this.#move('machine', machine.name, machine.state);
    const page = { limit: 1_000 };
    for (const run of (await store.runs.list(page)).items) this.#move('run', String(run.id), run.state);
    for (const { id } of (await store.deployments.list(page)).items) {
      for (const { machineName, state } of await store.deployments.targets(id)) {
        this.#move('target', `${id} on ${machineName}`, state);
      }
    }
  }

  #move(kind: Kind, id: string, to: string, most = Number.POSITIVE_INFINITY): void {
    const from = this.#known.get(`${kind} ${id}`) ?? (kind === 'machine' ? 'new' : 'queued');
    this.#known.set(`${kind} ${id}`, to);
    if (!isWithin(steps[kind], from, to, most))
      this.violations.push(`${kind} ${id} went from ${from} to ${to}`);
  }
}

function isWithin(table: Steps, from: string, to: string, most: number): boolean {
  const reached = new Set([from]);
  let edge = [from];
  for (let step = 0; step < most && edge.length > 0 && !reached.has(to); step += 1) {
    edge = edge.flatMap((state) => [...(table.get(state) ?? [])]).filter((state) => !reached.has(state));
    for (const state of edge) reached.add(state);
  }
  return reached.has(to);
}
