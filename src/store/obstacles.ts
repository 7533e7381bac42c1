import type { ErrorCode } from '../domain/errors.ts';
import type { Queries } from './database.ts';

/** What keeps a target from starting that is not its own doing. */
export interface Obstacle {
  readonly code: Extract<ErrorCode, 'MACHINE_NOT_READY' | 'MACHINE_HELD' | 'MACHINE_BUSY'>;
  readonly detail: string;
}

/** By machine id, for those targets of a deployment that wait for their machine. */
export async function readObstacles(db: Queries, deploymentId: number): Promise<Map<string, Obstacle>> {
  const rows = await db
    .selectFrom('target')
    .innerJoin('machine', 'machine.id', 'target.machineId')
    .leftJoin('lane', 'lane.machineId', 'target.machineId')
    .select(['machine.id', 'machine.name', 'machine.state', 'machine.held', 'lane.ownerId'])
    .where('target.deploymentId', '=', deploymentId)
    .where('target.state', 'in', ['queued', 'waiting'])
    .execute();
  return new Map(
    rows.flatMap(({ id, name, state, held, ownerId }): [string, Obstacle][] => {
      if (state !== 'ready') return [[id, { code: 'MACHINE_NOT_READY', detail: `${name} is ${state}` }]];
      if (held === 1) return [[id, { code: 'MACHINE_HELD', detail: `${name} is on hold` }]];
      return ownerId === null ? [] : [[id, { code: 'MACHINE_BUSY', detail: `${ownerId} has ${name} now` }]];
    }),
  );
}
