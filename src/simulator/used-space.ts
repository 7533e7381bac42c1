import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const clusterBytes = 4_096;

/** What a file of so many bytes takes of a disk. */
export const inClusters = (bytes: number): number => Math.ceil(bytes / clusterBytes) * clusterBytes;

/** What lies in a folder and below, in bytes, each file in whole clusters. */
export function usedBytes(folder: string): number {
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return usedBytes(path);
      return entry.isFile() ? inClusters(lstatSync(path, { throwIfNoEntry: false })?.size ?? 0) : 0;
    })
    .reduce((sum, bytes) => sum + bytes, 0);
}
