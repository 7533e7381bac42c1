import type { Receipt } from '../domain/deployment.ts';
import type { Database, Queries } from './database.ts';
import { makePage, readCursor, rowsFor, type Page, type PageOf } from './page.ts';

export type NewReceipt = Omit<Receipt, 'id'>;

export interface ReceiptFilter {
  readonly machineId?: string | undefined;
  readonly deploymentId?: number | undefined;
  readonly bundleId?: number | undefined;
}

export class ReceiptStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** All of them or none. */
  async add(receipts: readonly NewReceipt[]): Promise<void> {
    await this.#db.write.transaction().execute((trx) => insertReceipts(trx, receipts));
  }

  /** Newest first. */
  async list(page: Page & ReceiptFilter): Promise<PageOf<Receipt>> {
    let query = this.#db.read.selectFrom('receipt').selectAll().orderBy('id', 'desc').limit(rowsFor(page));
    const { after, machineId, deploymentId, bundleId } = page;
    if (after !== undefined) {
      const [id] = readCursor('receipts', after, ['number']);
      query = query.where('id', '<', Number(id));
    }
    if (machineId !== undefined) query = query.where('machineId', '=', machineId);
    if (deploymentId !== undefined) query = query.where('deploymentId', '=', deploymentId);
    if (bundleId !== undefined) query = query.where('bundleId', '=', bundleId);
    return makePage(
      'receipts',
      await query.execute(),
      page.limit,
      (row) => [row.id],
      (row) => ({ ...row }),
    );
  }
}

export async function insertReceipts(db: Queries, receipts: readonly NewReceipt[]): Promise<void> {
  for (const receipt of receipts) {
    await db
      .insertInto('receipt')
      .values({
        machineId: receipt.machineId,
        machineName: receipt.machineName,
        deploymentId: receipt.deploymentId,
        bundleId: receipt.bundleId,
        path: receipt.path,
        sizeBytes: receipt.sizeBytes,
        sha256: receipt.sha256,
        crc32: receipt.crc32,
        method: receipt.method,
        requestedBy: receipt.requestedBy,
        atMs: receipt.atMs,
      })
      .execute();
  }
}
