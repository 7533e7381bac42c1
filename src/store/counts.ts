import type { RunState } from '../domain/run.ts';
import type { Database } from './database.ts';

const openRunStates: readonly RunState[] = [
  'queued',
  'starting',
  'running',
  'collecting',
  'canceling',
  'lost',
];

/** How many things there are, by what they are in. Ended runs are not counted: there may be millions of them. */
export class CountStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  machines() {
    return this.#db.read
      .selectFrom('machine')
      .select((eb) => ['state', 'health', eb.fn.countAll<number>().as('count')])
      .groupBy(['state', 'health'])
      .execute();
  }

  lanes() {
    return this.#db.read
      .selectFrom('lane')
      .select((eb) => ['kind', eb.fn.countAll<number>().as('count')])
      .groupBy('kind')
      .execute();
  }

  openRuns() {
    return this.#db.read
      .selectFrom('run')
      .select((eb) => ['state', eb.fn.countAll<number>().as('count')])
      .where('state', 'in', openRunStates)
      .groupBy('state')
      .execute();
  }

  openTargets() {
    return this.#db.read
      .selectFrom('target')
      .select((eb) => ['state', eb.fn.countAll<number>().as('count')])
      .where('endedAtMs', 'is', null)
      .groupBy('state')
      .execute();
  }
}
