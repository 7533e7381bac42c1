/** Which agent it is, as it says itself. */
export interface AgentBuild {
  readonly version: string;
  readonly build: string;
}

export type AgentUpdateState = 'under-way' | 'done' | 'failed' | 'interrupted';

/** What became of putting another agent in the place of the one on a machine. */
export interface AgentUpdate {
  readonly state: 'done' | 'already-current';
  readonly from: AgentBuild;
  readonly to: AgentBuild;
}
