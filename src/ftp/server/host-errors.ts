import { ViewRefusal } from './view.ts';
import type { RefusalReason } from './view.ts';

const reasons: Readonly<Record<string, RefusalReason>> = {
  ENOENT: 'missing',
  ENOTDIR: 'missing',
  // A symbolic link where there was none a moment ago.
  ELOOP: 'missing',
  EEXIST: 'exists',
  ENOTEMPTY: 'not-empty',
  EISDIR: 'not-a-file',
  EACCES: 'read-only',
  EPERM: 'read-only',
  EROFS: 'read-only',
  ENAMETOOLONG: 'bad-name',
  EILSEQ: 'bad-name',
  EINVAL: 'bad-name',
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  EFBIG: 'disk-full',
  EMFILE: 'busy',
  ENFILE: 'busy',
  EBUSY: 'busy',
};

/** The work, with the host's errors as refusals, which name none of its paths. */
export async function onHost<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = codeOf(cause);
    const reason = code === undefined ? undefined : reasons[code];
    throw reason === undefined ? cause : new ViewRefusal(reason, { cause });
  }
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
