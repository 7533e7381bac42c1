import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark } from '../contract/benchmarks.ts';
import type { Client } from './client.ts';
import { Patience } from './patience.ts';

const LOOK_EVERY_MS = 1_000;

/** Looks at a benchmark until it has ended; a daemon that is away for a while is waited for. */
export async function watchBenchmark(
  client: Client,
  started: Benchmark,
  show: (benchmark: Benchmark) => void,
): Promise<Benchmark> {
  let benchmark = started;
  const patience = new Patience(client.url);
  for (;;) {
    show(benchmark);
    if (benchmark.state !== 'queued' && benchmark.state !== 'active') return benchmark;
    await sleep(LOOK_EVERY_MS, undefined, client.signal ? { signal: client.signal } : {});
    try {
      benchmark = await client.call('showBenchmark', { params: { id: started.id } });
      patience.heard();
    } catch (error) {
      patience.bear(error);
    }
  }
}
