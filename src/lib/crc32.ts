import { crc32 } from 'node:zlib';

/** CRC-32 as 8 upper-case hex digits. `soFar` is the CRC of the bytes before these, to go on from. */
export function crc32Hex(bytes: Uint8Array, soFar = '00000000'): string {
  return crc32(bytes, Number.parseInt(soFar, 16)).toString(16).toUpperCase().padStart(8, '0');
}
