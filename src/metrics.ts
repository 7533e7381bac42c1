import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ApiMetrics } from './api/parts.ts';
import { isTargetEnded } from './domain/deployment.ts';
import { isRunEnded } from './domain/run.ts';
import type { EventBus, FleetEvent } from './operations/event-bus.ts';
import type { Store, StoreWatch } from './store/open-store.ts';

const SECOND_MS = 1000;
const requestSeconds = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60];
const commitSeconds = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5];

type Count<Label extends string> = { readonly [Key in Label]: string } & { readonly count: number };

/**
 * The figures of one daemon. Labels are states, kinds and route patterns only: how many series there are does not grow
 * with the fleet. Figures of one machine or run are in the API.
 */
export class Metrics implements ApiMetrics, StoreWatch {
  readonly #registry = new Registry();
  readonly #requests = this.#histogram('http_request_duration_seconds', 'Time to answer a request', {
    labelNames: ['method', 'route', 'status'],
    buckets: requestSeconds,
  });
  readonly #commits = this.#histogram('store_commit_seconds', 'Time of a transaction, from begin to commit', {
    buckets: commitSeconds,
  });
  readonly #logWaits = this.#histogram(
    'log_commit_seconds',
    'Time from a look at a log to its bytes on disk',
    {
      buckets: commitSeconds,
    },
  );
  readonly #logBytes = this.#counter('log_bytes_total', 'Log bytes taken in and committed', []);
  readonly #sentBytes = this.#counter('sent_bytes_total', 'Bytes of bundles sent to machines', []);
  readonly #runsEnded = this.#counter('runs_ended_total', 'Runs that ended', ['state']);
  readonly #targetsEnded = this.#counter('targets_ended_total', 'Targets that ended', ['state']);
  readonly #machines = this.#gauge('machines', 'Registered machines', ['state', 'health']);
  readonly #lanes = this.#gauge('lanes_busy', 'Machines with something under way', ['kind']);
  readonly #runs = this.#gauge('runs_open', 'Runs that have not ended', ['state']);
  readonly #targets = this.#gauge('targets_open', 'Targets that have not ended', ['state']);
  readonly #streams = this.#gauge('event_streams', 'Clients that follow events', []);
  readonly #storeBytes = this.#gauge('store_bytes', 'Size of the database files', []);
  /** By target, while it is open. */
  readonly #sentBefore = new Map<string, number>();
  readonly mediaType = this.#registry.contentType;
  #store: Store | undefined;

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  readonly onCommit = (tookMs: number): void => this.#commits.observe(tookMs / SECOND_MS);

  readonly onLogAppended = (bytes: number, waitedMs: number): void => {
    this.#logBytes.inc(bytes);
    this.#logWaits.observe(waitedMs / SECOND_MS);
  };

  /** From now on the figures are those of this store and of what happens on this bus. */
  follow(store: Store, events: EventBus): void {
    this.#store = store;
    events.subscribe((event) => this.#note(event));
  }

  requestAnswered(request: { method: string; route: string; status: number; tookMs: number }): void {
    const { method, route, status, tookMs } = request;
    this.#requests.observe({ method, route, status }, tookMs / SECOND_MS);
  }

  async page({ eventStreams }: { eventStreams: number }): Promise<string> {
    if (this.#store) {
      const { counts } = this.#store;
      show(this.#machines, ['state', 'health'], await counts.machines());
      show(this.#lanes, ['kind'], await counts.lanes());
      show(this.#runs, ['state'], await counts.openRuns());
      show(this.#targets, ['state'], await counts.openTargets());
      this.#storeBytes.set(await this.#store.sizeBytes());
    }
    this.#streams.set(eventStreams);
    return this.#registry.metrics();
  }

  #note(event: FleetEvent): void {
    if (event.type === 'run' && isRunEnded(event.state)) this.#runsEnded.inc({ state: event.state });
    if (event.type !== 'target') return;
    const key = `${event.deploymentId} ${event.machine}`;
    // What was sent before this daemon started is not counted again.
    const before = this.#sentBefore.get(key) ?? event.bytesSent;
    this.#sentBytes.inc(Math.max(0, event.bytesSent - before));
    this.#sentBefore.set(key, event.bytesSent);
    if (!isTargetEnded(event.state)) return;
    this.#sentBefore.delete(key);
    this.#targetsEnded.inc({ state: event.state });
  }

  #histogram(name: string, help: string, more: { labelNames?: string[]; buckets: number[] }): Histogram {
    return new Histogram({ name: `fleet98_${name}`, help, registers: [this.#registry], ...more });
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name: `fleet98_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #gauge(name: string, help: string, labelNames: string[]): Gauge {
    return new Gauge({ name: `fleet98_${name}`, help, labelNames, registers: [this.#registry] });
  }
}

function show<Label extends string>(
  gauge: Gauge,
  labels: readonly Label[],
  rows: readonly Count<Label>[],
): void {
  gauge.reset();
  for (const row of rows) {
    gauge.set(Object.fromEntries(labels.map((label) => [label, row[label]])), row.count);
  }
}
