import type { Operations } from '../operations/operations.ts';
import type { ApiStore } from './api-store.ts';
import type { SseHub } from './sse-hub.ts';

/** Who may only look, and who may change things too. */
export type Role = 'view' | 'operate';

export interface AccessToken {
  /** Told as `requestedBy` of what is done with it. */
  readonly name: string;
  readonly role: Role;
  /** Of the token's text, as hex: the text itself is kept nowhere. */
  readonly sha256: string;
}

/** Counts what the API does, and shows all figures of the daemon. */
export interface ApiMetrics {
  readonly mediaType: string;
  requestAnswered(request: {
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly tookMs: number;
  }): void;
  page(live: { readonly eventStreams: number }): Promise<string>;
}

export interface ApiConfig {
  /** Names beside the loopback ones that may stand in the Host header; a port in one must match. */
  readonly hosts: readonly string[];
  /** One of them must come as `Authorization: Bearer` with everything but /healthz; empty: none is needed. */
  readonly tokens: readonly AccessToken[];
  readonly maxArtifactBytes: number;
  /** An upload that brings no byte for so long is given up. */
  readonly uploadStallMs: number;
  readonly maxJsonBytes: number;
}

/** What the routes are made of. */
export interface ApiParts {
  readonly config: ApiConfig;
  readonly store: ApiStore;
  readonly operations: Operations;
  readonly hub: SseHub;
  readonly metrics: ApiMetrics;
  /** Stops everything and starts it anew; returns at once. */
  readonly restart: () => void;
}
