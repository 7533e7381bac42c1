import { DomainError } from '../domain/errors.ts';
import { isJobId, isSha256 } from './identifiers.ts';

/** Paths relative to the spool folder, with `/`, as a Link takes them. */
export const agentInfoPath = 'AGENT.NFO';
export const machineIdPath = 'MACHINE.ID';
export const ownerPath = 'OWNER.TXT';

const MAX_KEPT_FILES = 9;

/** A bad id is refused here, because it could lead out of the spool. */
function jobFile(folder: string, id: string, extension: string): string {
  if (!isJobId(id)) throw new DomainError('BUG', 'a job id is 8 upper-case hex digits');
  return `${folder}/${id}.${extension}`;
}

export const jobPath = (id: string): string => jobFile('IN', id, 'JOB');
export const jobTempPath = (id: string): string => jobFile('IN', id, 'TMP');
export const runPath = (id: string): string => jobFile('RUN', id, 'RUN');
export const logPath = (id: string): string => jobFile('OUT', id, 'LOG');
export const endPath = (id: string): string => jobFile('OUT', id, 'END');

/** The copy of a kept side file; `slot` counts from 1 to 9. */
export function keptPath(id: string, slot: number): string {
  if (!Number.isInteger(slot) || slot < 1 || slot > MAX_KEPT_FILES) {
    throw new DomainError('BUG', `there is no kept file ${slot}`);
  }
  return jobFile('OUT', id, `K${slot}`);
}

function hexOf(sha256: string): string {
  if (!isSha256(sha256)) throw new DomainError('BUG', 'a sha256 is 64 hex digits');
  return sha256.toUpperCase();
}

/** Where an artifact waits until a place job takes it: as much of its hash as an 8.3 name holds. */
export function stagePath(sha256: string): string {
  const hex = hexOf(sha256);
  return `STAGE/${hex.slice(0, 8)}.${hex.slice(8, 11)}`;
}

/** Where a file waits in its bundle's folder until we have checked it ourselves, on a machine without an agent. */
export const deliveryPath = (folder: string, sha256: string): string =>
  `${folder}/${hexOf(sha256).slice(0, 8)}.TMP`;

/** Folder of a bundle version, from the bundle's hash. */
export const bundleFolder = (bundleHash: string): string => `B/${hexOf(bundleHash).slice(0, 8)}`;

/** What an agent that was stopped in the middle of a copy leaves in a bundle's folder. */
export const placeTempPath = (folder: string): string => `${folder}/PLACE.TMP`;
export const bundleTempPath = (folder: string): string => `${folder}/BUNDLE.TMP`;
export const bundleOkPath = (folder: string): string => `${folder}/BUNDLE.OK`;
