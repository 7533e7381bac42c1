/** Why the disk of a simulated PC refuses something, in words that name no path of the host. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
}

export const diskFull = 'Disk full';

const words: Readonly<Record<string, string>> = {
  ENOENT: 'File not found',
  ENOTDIR: 'Path not found',
  EEXIST: 'File already exists',
  EISDIR: 'Is a directory',
  ENOTEMPTY: 'Directory not empty',
  ENOSPC: diskFull,
  EDQUOT: diskFull,
  EACCES: 'Access denied',
  EPERM: 'Access denied',
  ETXTBSY: 'File is in use',
  EBUSY: 'File is in use',
};

/** Any error of the host's file system as a DiskError; the host's own text is dropped. */
export function asDiskError(error: unknown): DiskError {
  if (error instanceof DiskError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return new DiskError(words[code] ?? 'Disk error');
}
