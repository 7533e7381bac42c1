/** Waits that belong to the protocol, not to a machine. Only tests change them. */
export interface FtpTuning {
  /** Silence that ends a banner; a second 220 may trail the first. */
  readonly bannerQuietMs: number;
  readonly tailFlushMs: number;
  readonly rescueMs: number;
  /** Some servers never answer EPSV, and that silence costs the session. */
  readonly epsvMs: number;
  readonly quitMs: number;
}

export const defaultTuning: FtpTuning = {
  bannerQuietMs: 300,
  tailFlushMs: 1500,
  rescueMs: 2000,
  epsvMs: 5000,
  quitMs: 2000,
};
