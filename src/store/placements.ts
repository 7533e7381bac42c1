import type { Placement } from '../domain/deployment.ts';
import type { Database, Queries } from './database.ts';
import { flag } from './row-values.ts';
import type { Schema } from './schema.ts';

export class PlacementStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Adds a placement, or replaces the one of the same bundle on the same machine. */
  put(placement: Placement): Promise<void> {
    return putPlacement(this.#db.write, placement);
  }

  async get(machineId: string, bundleId: number): Promise<Placement | undefined> {
    const row = await this.#db.read
      .selectFrom('placement')
      .selectAll()
      .where('machineId', '=', machineId)
      .where('bundleId', '=', bundleId)
      .executeTakeFirst();
    return row && toPlacement(row);
  }

  /** Oldest first. */
  async listFor(machineId: string): Promise<Placement[]> {
    const rows = await this.#db.read
      .selectFrom('placement')
      .selectAll()
      .where('machineId', '=', machineId)
      .orderBy('placedAtMs')
      .orderBy('bundleId')
      .execute();
    return rows.map(toPlacement);
  }

  async remove(machineId: string, bundleId: number): Promise<void> {
    await this.#db.write
      .deleteFrom('placement')
      .where('machineId', '=', machineId)
      .where('bundleId', '=', bundleId)
      .execute();
  }

  /** Every placement on the machine, until a verify job has passed. */
  async markUnverified(machineId: string): Promise<void> {
    await this.#db.write
      .updateTable('placement')
      .set({ verified: 0 })
      .where('machineId', '=', machineId)
      .execute();
  }
}

export async function putPlacement(db: Queries, placement: Placement): Promise<void> {
  const { machineId, bundleId, folder, placedAtMs } = placement;
  const rest = { folder, placedAtMs, verified: flag(placement.verified) };
  await db
    .insertInto('placement')
    .values({ machineId, bundleId, ...rest })
    .onConflict((conflict) => conflict.columns(['machineId', 'bundleId']).doUpdateSet(rest))
    .execute();
}

function toPlacement(row: Schema['placement']): Placement {
  return { ...row, verified: row.verified === 1 };
}
