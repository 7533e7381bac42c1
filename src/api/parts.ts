import type { Operations } from '../operations/operations.ts';
import type { ApiStore } from './api-store.ts';
import type { SseHub } from './sse-hub.ts';

export interface ApiConfig {
  /** Names beside the loopback ones that may stand in the Host header; a port in one must match. */
  readonly hosts: readonly string[];
  /** Asked for as `Authorization: Bearer` on everything but /healthz; undefined: none is needed. */
  readonly token?: string;
  readonly maxArtifactBytes: number;
  readonly maxJsonBytes: number;
}

/** What the routes are made of. */
export interface ApiParts {
  readonly config: ApiConfig;
  readonly store: ApiStore;
  readonly operations: Operations;
  readonly hub: SseHub;
}
