/** Milliseconds since 1970 as ISO 8601 in UTC. */
export const isoTime = (atMs: number): string => new Date(atMs).toISOString();

export const isoTimeIfKnown = (atMs: number | undefined): string | undefined =>
  atMs === undefined ? undefined : isoTime(atMs);
