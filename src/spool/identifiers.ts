import { checkFileName } from '../domain/file-names.ts';

const shape = {
  jobId: /^[0-9A-F]{8}$/,
  token: /^[0-9A-F]{16}$/,
  crc32: /^[0-9A-F]{8}$/,
  sha256: /^[0-9a-f]{64}$/i,
  folder: /^B\/[0-9A-F]{8}$/,
} as const;

export const isJobId = (text: string): boolean => shape.jobId.test(text);

/** A job's token, or the id of a daemon's data directory. */
export const isToken = (text: string): boolean => shape.token.test(text);

export const isCrc32 = (text: string): boolean => shape.crc32.test(text);
export const isSha256 = (text: string): boolean => shape.sha256.test(text);
export const isBundleFolder = (text: string): boolean => shape.folder.test(text);

/** Whether a file may have this name on a machine: 8.3, upper case, and not a device. */
export const isSpoolName = (text: string): boolean => checkFileName(text).ok;
