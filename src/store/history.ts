import type { AgentBuild } from '../domain/agent-update.ts';
import type { Database } from './database.ts';
import { makePage, readCursor, rowsFor, type Page, type PageOf } from './page.ts';

/** A run, a deployment or an update of the agent that concerned a machine. */
export interface HistoryItem {
  readonly kind: 'deployment' | 'run' | 'update';
  readonly id: number;
  /** Of a run and a deployment. */
  readonly bundle: { readonly name: string; readonly version: number } | null;
  /** Of an update. */
  readonly agent: { readonly from: AgentBuild; readonly to: AgentBuild } | null;
  readonly state: string;
  readonly code: string | null;
  readonly detail: string | null;
  readonly requestedBy: string;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
}

type Key = Pick<HistoryItem, 'createdAtMs' | 'kind' | 'id'>;

/** Newest first; of one moment, updates before runs before deployments. */
const newestFirst = (a: Key, b: Key): number =>
  b.createdAtMs - a.createdAtMs || b.kind.localeCompare(a.kind) || b.id - a.id;

export class HistoryStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** What was done with a machine, newest first. */
  async list(machineId: string, page: Page): Promise<PageOf<HistoryItem>> {
    const after = page.after === undefined ? undefined : readKey(page.after);
    const limit = rowsFor(page);
    const [runs, deployments, updates] = await Promise.all([
      this.#runs(machineId, after, limit),
      this.#deployments(machineId, after, limit),
      this.#updates(machineId, after, limit),
    ]);
    const rows: HistoryItem[] = [
      ...runs.map((row) => withBundle('run', row)),
      ...deployments.map((row) => withBundle('deployment', row)),
      ...updates.map(withAgent),
    ].toSorted(newestFirst);
    return makePage(
      'history',
      rows.slice(0, limit),
      page.limit,
      (row) => [row.createdAtMs, row.kind, row.id],
      (row) => row,
    );
  }

  #runs(machineId: string, after: Key | undefined, limit: number) {
    let query = this.#db.read
      .selectFrom('run')
      .innerJoin('bundle', 'bundle.id', 'run.bundleId')
      .select(['run.id', 'run.state', 'run.code', 'run.detail', 'run.requestedBy', 'run.createdAtMs'])
      .select(['run.endedAtMs', 'bundle.name as bundleName', 'bundle.version as bundleVersion'])
      .where('run.machineId', '=', machineId)
      .orderBy('run.createdAtMs', 'desc')
      .orderBy('run.id', 'desc')
      .limit(limit);
    if (after) {
      const { atMs, id } = before(after, 'run');
      query = query.where((eb) => eb(eb.refTuple('run.createdAtMs', 'run.id'), '<', eb.tuple(atMs, id)));
    }
    return query.execute();
  }

  #deployments(machineId: string, after: Key | undefined, limit: number) {
    let query = this.#db.read
      .selectFrom('target')
      .innerJoin('deployment', 'deployment.id', 'target.deploymentId')
      .innerJoin('bundle', 'bundle.id', 'deployment.bundleId')
      .select(['deployment.id', 'target.state', 'target.code', 'target.detail'])
      .select(['deployment.requestedBy', 'deployment.createdAtMs', 'target.endedAtMs'])
      .select(['bundle.name as bundleName', 'bundle.version as bundleVersion'])
      .where('target.machineId', '=', machineId)
      .orderBy('deployment.createdAtMs', 'desc')
      .orderBy('deployment.id', 'desc')
      .limit(limit);
    if (after) {
      const { atMs, id } = before(after, 'deployment');
      query = query.where((eb) =>
        eb(eb.refTuple('deployment.createdAtMs', 'deployment.id'), '<', eb.tuple(atMs, id)),
      );
    }
    return query.execute();
  }

  #updates(machineId: string, after: Key | undefined, limit: number) {
    let query = this.#db.read
      .selectFrom('agentUpdate')
      .select(['id', 'state', 'code', 'detail', 'requestedBy', 'createdAtMs', 'endedAtMs'])
      .select(['fromVersion', 'fromBuild', 'toVersion', 'toBuild'])
      .where('machineId', '=', machineId)
      .orderBy('createdAtMs', 'desc')
      .orderBy('id', 'desc')
      .limit(limit);
    if (after) {
      const { atMs, id } = before(after, 'update');
      query = query.where((eb) => eb(eb.refTuple('createdAtMs', 'id'), '<', eb.tuple(atMs, id)));
    }
    return query.execute();
  }
}

interface BundleColumns extends Omit<HistoryItem, 'kind' | 'bundle' | 'agent'> {
  readonly bundleName: string;
  readonly bundleVersion: number;
}

const withBundle = (
  kind: 'run' | 'deployment',
  { bundleName, bundleVersion, ...row }: BundleColumns,
): HistoryItem => ({ ...row, kind, bundle: { name: bundleName, version: bundleVersion }, agent: null });

interface AgentColumns extends Omit<HistoryItem, 'kind' | 'bundle' | 'agent'> {
  readonly fromVersion: string;
  readonly fromBuild: string;
  readonly toVersion: string;
  readonly toBuild: string;
}

const withAgent = ({ fromVersion, fromBuild, toVersion, toBuild, ...row }: AgentColumns): HistoryItem => ({
  ...row,
  kind: 'update',
  bundle: null,
  agent: { from: { version: fromVersion, build: fromBuild }, to: { version: toVersion, build: toBuild } },
});

/** The bound of one kind's rows behind a key: at the same moment the kinds follow one another. */
function before(after: Key, kind: Key['kind']): { atMs: number; id: number } {
  if (kind === after.kind) return { atMs: after.createdAtMs, id: after.id };
  return { atMs: after.createdAtMs, id: kind.localeCompare(after.kind) < 0 ? Number.MAX_SAFE_INTEGER : 0 };
}

function readKey(cursor: string): Key {
  const [createdAtMs, kind, id] = readCursor('history', cursor, ['number', 'string', 'number']);
  return {
    createdAtMs: Number(createdAtMs),
    kind: kind === 'run' || kind === 'update' ? kind : 'deployment',
    id: Number(id),
  };
}
