/**
 * A machine that does one thing at a time has its FTP server or its agent, never both. `keyboard`: jobs lie there, and a
 * person has to end the server; it answers. `working`: the server has left, and nothing answers until the agent is done.
 */
export interface Absence {
  readonly machineId: string;
  readonly kind: 'keyboard' | 'working';
  /** Whose job it is: `run:42`, `deployment:12`, `probe:…`. */
  readonly ownerId: string;
  readonly sinceMs: number;
  /** The agent's start counter before it; one more afterwards is what this start makes of it. */
  readonly boot?: number;
  /** When it should be back: a prediction. Only while it works. */
  readonly backByMs?: number;
  /** Until then silence is no bad sign. Only while it works. */
  readonly loseAtMs?: number;
}

export type AbsenceState = 'waiting-for-keyboard' | 'working' | 'overdue';

export function absenceState({ kind, backByMs }: Absence, nowMs: number): AbsenceState {
  if (kind === 'keyboard') return 'waiting-for-keyboard';
  return backByMs !== undefined && nowMs > backByMs ? 'overdue' : 'working';
}

/** Whether a machine that does not answer is expected not to. */
export const isExcused = (absence: Absence | undefined, nowMs: number): absence is Absence =>
  absence?.kind === 'working' && nowMs < (absence.loseAtMs ?? absence.sinceMs);
