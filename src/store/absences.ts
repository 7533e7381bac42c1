import type { Selectable } from 'kysely';
import type { Absence } from '../domain/absence.ts';
import type { Database } from './database.ts';
import { present } from './row-values.ts';
import type { AbsenceTable } from './schema.ts';

const toAbsence = (row: Selectable<AbsenceTable>): Absence => present(row);

/** Whose turn it is on machines that do one thing at a time; no row: the server's, with nothing that waits. */
export class AbsenceStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async get(machineId: string): Promise<Absence | undefined> {
    const row = await this.#db.read
      .selectFrom('absence')
      .selectAll()
      .where('machineId', '=', machineId)
      .executeTakeFirst();
    return row && toAbsence(row);
  }

  async all(): Promise<Absence[]> {
    const rows = await this.#db.read.selectFrom('absence').selectAll().orderBy('machineId').execute();
    return rows.map(toAbsence);
  }

  /** In place of the one that is there. */
  async put({ machineId, kind, ownerId, sinceMs, boot, backByMs, loseAtMs }: Absence): Promise<void> {
    const times = { sinceMs, backByMs: backByMs ?? null, loseAtMs: loseAtMs ?? null };
    const values = { kind, ownerId, boot: boot ?? null, ...times };
    await this.#db.write
      .insertInto('absence')
      .values({ machineId, ...values })
      .onConflict((conflict) => conflict.column('machineId').doUpdateSet(values))
      .execute();
  }

  /** Answers whether there was one; of one kind only, where that is given. */
  async remove(machineId: string, kind?: Absence['kind']): Promise<boolean> {
    let query = this.#db.write.deleteFrom('absence').where('machineId', '=', machineId);
    if (kind !== undefined) query = query.where('kind', '=', kind);
    return (await query.executeTakeFirst()).numDeletedRows > 0n;
  }

  /** Whoever waited for a person died with the daemon before this one. */
  async removeKind(kind: Absence['kind']): Promise<void> {
    await this.#db.write.deleteFrom('absence').where('kind', '=', kind).execute();
  }
}
