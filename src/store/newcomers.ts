import type { Selectable } from 'kysely';
import type { Newcomer } from '../domain/newcomer.ts';
import type { Database } from './database.ts';
import { isAgentFacts } from './json-shapes.ts';
import { fromJson } from './row-values.ts';
import type { NewcomerTable } from './schema.ts';
import type { Secrets } from './secrets.ts';

const toNewcomer = (row: Selectable<NewcomerTable>): Newcomer => {
  const { user, code, address, name, sinceMs, seenMs } = row;
  const agent = fromJson(row.agent, isAgentFacts, 'newcomer.agent');
  return { user, code, address, name, agent, sinceMs, seenMs };
};

/** Machines that wait for somebody's word. */
export class NewcomerStore {
  readonly #db: Database;
  readonly #secrets: Secrets;

  constructor(db: Database, secrets: Secrets) {
    this.#db = db;
    this.#secrets = secrets;
  }

  /** The one that has waited longest first. */
  async all(): Promise<Newcomer[]> {
    const rows = await this.#db.read
      .selectFrom('newcomer')
      .selectAll()
      .orderBy('sinceMs')
      .orderBy('user')
      .execute();
    return rows.map(toNewcomer);
  }

  /** In place of the one with the same user. */
  async put(newcomer: Newcomer, password: string): Promise<void> {
    const { user, agent, ...rest } = newcomer;
    const values = { ...rest, agent: JSON.stringify(agent), secret: this.#secrets.seal(password, user) };
    await this.#db.write
      .insertInto('newcomer')
      .values({ user, ...values })
      .onConflict((conflict) => conflict.column('user').doUpdateSet(values))
      .execute();
  }

  /** In clear, for letting it in; undefined: there is no such newcomer. */
  async password(user: string): Promise<string | undefined> {
    const row = await this.#db.read
      .selectFrom('newcomer')
      .select('secret')
      .where('user', '=', user)
      .executeTakeFirst();
    return row && this.#secrets.open(row.secret, user);
  }

  /** It was here again. */
  async see(user: string, address: string, atMs: number): Promise<void> {
    await this.#db.write
      .updateTable('newcomer')
      .set({ address, seenMs: atMs })
      .where('user', '=', user)
      .execute();
  }

  async remove(user: string): Promise<void> {
    await this.#db.write.deleteFrom('newcomer').where('user', '=', user).execute();
  }
}
