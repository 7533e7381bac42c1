/** Waits that belong to the protocol, not to a machine. Only tests change them. */
export interface FtpTuning {
  readonly tailFlushMs: number;
  readonly rescueMs: number;
  /** Some servers never answer EPSV, and that silence costs the session. */
  readonly epsvMs: number;
  readonly quitMs: number;
}

export const defaultTuning: FtpTuning = {
  tailFlushMs: 1500,
  rescueMs: 2000,
  epsvMs: 5000,
  quitMs: 2000,
};
