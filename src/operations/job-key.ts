import { randomHex } from '../lib/random-id.ts';
import type { JobKey } from './jobs.ts';

/** A new job id and token; both random, so that nothing on a machine can be taken for another job's. */
export function newJobKey(): JobKey {
  return { id: randomHex(4), token: randomHex(8) };
}
