import type { Selectable } from 'kysely';
import type { Artifact, ArtifactKind } from '../domain/artifact.ts';
import { DomainError } from '../domain/errors.ts';
import type { Database } from './database.ts';
import { isFacts } from './json-shapes.ts';
import { makePage, readCursor, rowsFor, type Page, type PageOf } from './page.ts';
import { fromJson } from './row-values.ts';
import type { ArtifactTable } from './schema.ts';

export class ArtifactStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Idempotent by sha256: of a file that is known already, what was stored first stays and is answered. */
  async insert(artifact: Artifact): Promise<Artifact> {
    await this.#db.write
      .insertInto('artifact')
      .values({
        sha256: artifact.sha256,
        sizeBytes: artifact.sizeBytes,
        crc32: artifact.crc32,
        filename: artifact.filename,
        kind: artifact.kind,
        facts: JSON.stringify(artifact.facts),
        createdAtMs: artifact.createdAtMs,
      })
      .onConflict((conflict) => conflict.column('sha256').doNothing())
      .execute();
    const stored = await this.get(artifact.sha256);
    if (stored === undefined) throw new DomainError('BUG', 'an artifact is missing right after its commit');
    return stored;
  }

  async get(sha256: string): Promise<Artifact | undefined> {
    const row = await this.#db.read
      .selectFrom('artifact')
      .selectAll()
      .where('sha256', '=', sha256)
      .executeTakeFirst();
    return row && toArtifact(row);
  }

  /** Oldest first. */
  async list(page: Page & { readonly kind?: ArtifactKind | undefined }): Promise<PageOf<Artifact>> {
    let query = this.#db.read.selectFrom('artifact').selectAll().orderBy('id').limit(rowsFor(page));
    if (page.after !== undefined) {
      const [id] = readCursor('artifacts', page.after, ['number']);
      query = query.where('id', '>', Number(id));
    }
    if (page.kind !== undefined) query = query.where('kind', '=', page.kind);
    return makePage('artifacts', await query.execute(), page.limit, (row) => [row.id], toArtifact);
  }
}

function toArtifact(row: Selectable<ArtifactTable>): Artifact {
  return {
    sha256: row.sha256,
    sizeBytes: row.sizeBytes,
    crc32: row.crc32,
    filename: row.filename,
    kind: row.kind,
    facts: fromJson(row.facts, isFacts, 'artifact.facts'),
    createdAtMs: row.createdAtMs,
  };
}
