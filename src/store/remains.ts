import type { Database } from './database.ts';

/** What an ended target that was not placed may have left on its machine: staged files of its bundle, and a job. */
export interface Remains {
  readonly deploymentId: number;
  readonly machineId: string;
  readonly bundleId: number;
  readonly jobId?: string;
  readonly jobToken?: string;
}

/** Things of ours on machines that nobody needs any more. */
export class RemainsStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Ids of the machines that have remains of targets or short jobs, or more than `keep` placed versions of a bundle. */
  async machineIds(keep: number): Promise<string[]> {
    const left = await this.#db.read
      .selectFrom('target')
      .select('machineId')
      .distinct()
      .where('leftBehind', '=', 1)
      .execute();
    const crowded = await this.#db.read
      .selectFrom('placement')
      .innerJoin('bundle', 'bundle.id', 'placement.bundleId')
      .select('placement.machineId')
      .groupBy(['placement.machineId', 'bundle.name'])
      .having((eb) => eb.fn.countAll<number>(), '>', keep)
      .execute();
    const cutOff = await this.#db.read.selectFrom('shortJob').select('machineId').distinct().execute();
    return [...new Set([...left, ...crowded, ...cutOff].map((row) => row.machineId))];
  }

  /** Oldest first. */
  async listFor(machineId: string): Promise<Remains[]> {
    const rows = await this.#db.read
      .selectFrom('target')
      .innerJoin('deployment', 'deployment.id', 'target.deploymentId')
      .select(['target.deploymentId', 'target.machineId', 'deployment.bundleId'])
      .select(['target.jobId', 'target.jobToken'])
      .where('target.machineId', '=', machineId)
      .where('target.leftBehind', '=', 1)
      .orderBy('target.deploymentId')
      .execute();
    return rows.map(({ jobId, jobToken, ...rest }) => ({
      ...rest,
      ...(jobId !== null && jobToken !== null && { jobId, jobToken }),
    }));
  }

  /** Nothing of that target is on its machine any more. */
  async cleared({ deploymentId, machineId }: Remains): Promise<void> {
    await this.#db.write
      .updateTable('target')
      .set({ leftBehind: 0 })
      .where('deploymentId', '=', deploymentId)
      .where('machineId', '=', machineId)
      .execute();
  }

  /** Ids of the bundles of which `keep` later placed versions of the same name lie on the machine, oldest first. */
  async surplusBundleIds(machineId: string, keep: number): Promise<number[]> {
    const rows = await this.#db.read
      .selectFrom('placement')
      .innerJoin('bundle', 'bundle.id', 'placement.bundleId')
      .select(['bundle.id', 'bundle.name'])
      .where('placement.machineId', '=', machineId)
      .orderBy('placement.placedAtMs', 'desc')
      .orderBy('bundle.id', 'desc')
      .execute();
    const seen = new Map<string, number>();
    const surplus: number[] = [];
    for (const { id, name } of rows) {
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      if (count > keep) surplus.unshift(id);
    }
    return surplus;
  }
}
