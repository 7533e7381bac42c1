/** `files`: the files that lie on the machine are looked at or tidied up. */
export type LaneKind = 'deploy' | 'run' | 'files';

/** One operation at a time per machine: the row in the lane table is the permission. */
export interface Lane {
  readonly machineId: string;
  readonly kind: LaneKind;
  /** `deployment:12`, `run:42`, `verify:…`, `remove:…` or `tidy:…`. */
  readonly ownerId: string;
  readonly sinceMs: number;
}
