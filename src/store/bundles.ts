import type { Selectable } from 'kysely';
import type { Bundle, BundleFile, Command } from '../domain/bundle.ts';
import { DomainError } from '../domain/errors.ts';
import type { Database, Trx } from './database.ts';
import { isBundleFiles, isCommand } from './json-shapes.ts';
import { makePage, readCursor, rowsFor, type Page, type PageOf } from './page.ts';
import { fromJson, fromJsonOrNull, present } from './row-values.ts';
import type { BundleTable } from './schema.ts';

export interface NewBundle {
  readonly name: string;
  readonly hash: string;
  readonly folder: string;
  readonly files: readonly BundleFile[];
  readonly command?: Command | undefined;
  readonly engine: string;
  readonly atMs: number;
}

export class BundleStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * The next version of the name, or, when the name has one with this hash, that one with `created: false`. Throws
   * NAME_CLASH when another hash has the folder already: it would overwrite that bundle on every machine.
   */
  create(input: NewBundle): Promise<{ bundle: Bundle; created: boolean }> {
    return this.#db.write.transaction().execute(async (trx) => {
      const known = await trx
        .selectFrom('bundle')
        .selectAll()
        .where('name', '=', input.name)
        .where('hash', '=', input.hash)
        .executeTakeFirst();
      if (known) return { bundle: toBundle(known), created: false };
      await refuseFolderOfOther(trx, input);
      return { bundle: await insertNext(trx, input), created: true };
    });
  }

  async get(id: number): Promise<Bundle | undefined> {
    const row = await this.#db.read.selectFrom('bundle').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toBundle(row);
  }

  /** Names and versions of some bundles, by their id. */
  async names(ids: readonly number[]): Promise<Map<number, { name: string; version: number }>> {
    if (ids.length === 0) return new Map();
    const rows = await this.#db.read
      .selectFrom('bundle')
      .select(['id', 'name', 'version'])
      .where('id', 'in', ids)
      .execute();
    return new Map(rows.map(({ id, name, version }) => [id, { name, version }]));
  }

  /** Without `version` the newest. */
  async find(name: string, version?: number): Promise<Bundle | undefined> {
    let query = this.#db.read.selectFrom('bundle').selectAll().where('name', '=', name);
    if (version !== undefined) query = query.where('version', '=', version);
    const row = await query.orderBy('version', 'desc').limit(1).executeTakeFirst();
    return row && toBundle(row);
  }

  /** Oldest first. */
  async list(page: Page & { readonly name?: string | undefined }): Promise<PageOf<Bundle>> {
    let query = this.#db.read.selectFrom('bundle').selectAll().orderBy('id').limit(rowsFor(page));
    if (page.after !== undefined) {
      const [id] = readCursor('bundles', page.after, ['number']);
      query = query.where('id', '>', Number(id));
    }
    if (page.name !== undefined) query = query.where('name', '=', page.name);
    return makePage('bundles', await query.execute(), page.limit, (row) => [row.id], toBundle);
  }
}

async function refuseFolderOfOther(trx: Trx, input: NewBundle): Promise<void> {
  const other = await trx
    .selectFrom('bundle')
    .select(['name', 'version'])
    .where('folder', '=', input.folder)
    .where('hash', '!=', input.hash)
    .executeTakeFirst();
  if (!other) return;
  throw new DomainError(
    'NAME_CLASH',
    `the folder ${input.folder} belongs to ${other.name}@${other.version}, which has other files`,
  );
}

async function insertNext(trx: Trx, input: NewBundle): Promise<Bundle> {
  const newest = await trx
    .selectFrom('bundle')
    .select((eb) => eb.fn.max('version').as('version'))
    .where('name', '=', input.name)
    .executeTakeFirst();
  const row = await trx
    .insertInto('bundle')
    .values({
      name: input.name,
      version: (newest?.version ?? 0) + 1,
      hash: input.hash,
      folder: input.folder,
      files: JSON.stringify(input.files),
      command: input.command ? JSON.stringify(input.command) : null,
      engine: input.engine,
      createdAtMs: input.atMs,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toBundle(row);
}

function toBundle(row: Selectable<BundleTable>): Bundle {
  return present({
    ...row,
    files: fromJson(row.files, isBundleFiles, 'bundle.files'),
    command: fromJsonOrNull(row.command, isCommand, 'bundle.command'),
  });
}
