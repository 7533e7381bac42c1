import { DomainError } from '../domain/errors.ts';

/** A backup is a tar: this entry first, the database, each artifact, and the last entry that says that it is whole. */
export const headEntry = 'fleet98.json';
export const databaseEntry = 'fleet98.db';
export const artifactEntry = (sha256: string): string => `artifacts/${sha256}`;
export const lastEntry = 'complete';

export const backupFormat = 1;

/** The sha256 in an artifact's entry name; undefined for any other name. */
export const sha256Of = (entry: string): string | undefined => /^artifacts\/([0-9a-f]{64})$/.exec(entry)?.[1];

/** Throws BACKUP_DAMAGED unless the head is one that this fleet98 can restore. */
export function checkHead(text: string): void {
  let head: unknown;
  try {
    head = JSON.parse(text);
  } catch (error) {
    throw damagedBackup('its first entry is not JSON', error);
  }
  const format: unknown = typeof head === 'object' && head !== null ? Reflect.get(head, 'format') : undefined;
  if (format !== backupFormat) throw damagedBackup('its format is not one that this fleet98 knows');
}

export const damagedBackup = (why: string, cause?: unknown): DomainError =>
  new DomainError('BACKUP_DAMAGED', `the backup cannot be used: ${why}`, { cause });
