import type { PublishedResult } from '../domain/leaderboard.ts';
import type { RunLimits } from '../domain/run.ts';

export interface OperationsSettings {
  readonly allowedNetworks: readonly string[];
  readonly maxArtifactBytes: number;
  readonly ftp: {
    readonly connectMs: number;
    readonly replyMs: number;
    readonly stallMs: number;
    readonly writeChunkBytes: number;
  };
  readonly deploy: {
    readonly parallel: number;
    readonly giveUpMs: number;
    readonly retryMinMs: number;
    readonly retryMaxMs: number;
    /** On a machine without an agent, larger files are not read back to be checked. */
    readonly readBackMaxBytes: number;
  };
  readonly run: {
    readonly pollMinMs: number;
    readonly pollMaxMs: number;
    readonly limits: RunLimits;
    readonly lateAfterMs: number;
    readonly unreachableAfterMs: number;
    readonly lostAfterMs: number;
  };
  readonly retention: {
    /** Raw logs of ended runs are kept for so many days; 0: for ever. */
    readonly logDays: number;
  };
  readonly jobs: {
    /** How long an agent may leave a job in IN before it counts as silent. */
    readonly waitMs: number;
    readonly pollMs: number;
  };
  /** What others measured, to set benchmarks beside. */
  readonly leaderboard: readonly PublishedResult[];
}
