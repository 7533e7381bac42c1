import { randomBytes } from 'node:crypto';

/** Upper-case hex of so many random bytes. */
export function randomHex(byteCount: number): string {
  return randomBytes(byteCount).toString('hex').toUpperCase();
}
