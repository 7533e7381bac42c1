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
  };
  readonly run: {
    readonly pollMinMs: number;
    readonly pollMaxMs: number;
    readonly limits: RunLimits;
    readonly lateAfterMs: number;
    readonly unreachableAfterMs: number;
    readonly lostAfterMs: number;
  };
  readonly jobs: {
    /** How long an agent may leave a job in IN before it counts as silent. */
    readonly waitMs: number;
    readonly pollMs: number;
  };
}
