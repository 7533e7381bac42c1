/** `files`: the files that lie on the machine are looked at, tidied up, or its agent is replaced. */
export type LaneKind = 'deploy' | 'run' | 'files';

/** One operation at a time per machine: the row in the lane table is the permission. */
export interface Lane {
  readonly machineId: string;
  readonly kind: LaneKind;
  /** `deployment:12`, `run:42`, `verify:…`, `remove:…`, `tidy:…` or `update:…`. */
  readonly ownerId: string;
  readonly sinceMs: number;
}
