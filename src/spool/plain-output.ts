import { Buffer } from 'node:buffer';
import type { JobMark } from './fields.ts';

const RECORD_BYTES = 4_096;

/**
 * What a program printed, with nobody there who noted when, as a LOG: everything at its start, by a clock without steps.
 * No figure comes of such times.
 */
export function logOfPlainOutput({ id, token }: Pick<JobMark, 'id' | 'token'>, bytes: Uint8Array): Buffer {
  const pieces: Uint8Array[] = [Buffer.from(`#fleet98 1 ${id} ${token} clock=none step_us=0 boot=0\n`)];
  for (let at = 0; at < bytes.length; at += RECORD_BYTES) {
    const record = bytes.subarray(at, at + RECORD_BYTES);
    pieces.push(Buffer.from(`@0 o ${record.length}\n`), record, Buffer.from('\n'));
  }
  return Buffer.concat(pieces);
}
