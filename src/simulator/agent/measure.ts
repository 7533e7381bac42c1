import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

export interface Measure {
  readonly sizeBytes: number;
  /** 8 upper-case hex digits, the polynomial of zip. */
  readonly crc32: string;
}

const chunkBytes = 256 * 1024;

/** Size and CRC-32 of a file as it lies on the disk; undefined when there is no such file. */
export async function measureFile(path: string): Promise<Measure | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    if (!(await handle.stat()).isFile()) return undefined;
    return await measureHandle(handle);
  } finally {
    await handle.close();
  }
}

async function measureHandle(handle: FileHandle): Promise<Measure> {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let sizeBytes = 0;
  let sum = 0;
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, sizeBytes);
    if (bytesRead === 0) break;
    sum = crc32(chunk.subarray(0, bytesRead), sum);
    sizeBytes += bytesRead;
  }
  return { sizeBytes, crc32: hex32(sum) };
}

export const hex32 = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0');

/** The code of a system error, such as `ENOENT`; empty for anything else. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

export const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes(systemCode(error));
