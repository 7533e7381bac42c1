export type LaneKind = 'deploy' | 'run';

/** One operation at a time per machine: the row in the lane table is the permission. */
export interface Lane {
  readonly machineId: string;
  readonly kind: LaneKind;
  /** `deployment:12` or `run:42`. */
  readonly ownerId: string;
  readonly sinceMs: number;
}
