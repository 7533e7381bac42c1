import type { TargetState } from '../domain/deployment.ts';
import type { MachineHealth, MachineState } from '../domain/machine.ts';
import type { RunState } from '../domain/run.ts';

/** What happens in the fleet, as told to whoever listens. */
export type FleetEvent =
  | {
      readonly type: 'machine';
      readonly machine: string;
      readonly state: MachineState;
      readonly health: MachineHealth;
    }
  | {
      readonly type: 'target';
      readonly deploymentId: number;
      readonly machine: string;
      readonly state: TargetState;
      readonly bytesSent: number;
      readonly bytesTotal: number;
      readonly bytesPerSecond?: number;
      /** Seconds until all bytes are sent at this rate. */
      readonly etaSeconds?: number;
      readonly code?: string;
      readonly detail?: string;
    }
  | {
      readonly type: 'run';
      readonly runId: number;
      readonly machine: string;
      readonly state: RunState;
      readonly code?: string;
      readonly detail?: string;
    }
  /** New bytes of a run's log are in the store, up to `endOffset`. */
  | { readonly type: 'log'; readonly runId: number; readonly endOffset: number };

type Listener = (event: FleetEvent) => void;

/** Tells events to listeners in the same turn. Listeners must not throw and do no slow work. */
export class EventBus {
  readonly #listeners = new Set<Listener>();

  publish(event: FleetEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Returns the function that ends the subscription. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
