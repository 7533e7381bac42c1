import { checkBundleFileName, fatClashes, toEightDotThree } from '../../domain/file-names.ts';
import type { Finding } from '../../domain/finding.ts';
import type { Plan, PlannedFile } from './plan.ts';

const MIB = 1024 * 1024;
// Directories, the last cluster of each file, and the log of a run want room as well.
const DISK_MARGIN_BYTES = MIB;
const DISK_MARGIN_SHARE = 0.05;

const megabytes = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;

/** NAME_NOT_8_3 for each name that the agent would refuse. */
export function checkNames({ files }: Plan): Finding[] {
  return files.flatMap(({ name }) => {
    const check = checkBundleFileName(name);
    if (check.ok) return [];
    const message = `${check.why} ${toEightDotThree(name)} would do.`;
    return [{ level: 'block', code: 'NAME_NOT_8_3', message } as const];
  });
}

/** NAME_CLASH for names that would be one file on the machine. */
export function checkClashes({ files }: Plan): Finding[] {
  return fatClashes(files.map((file) => file.name)).map((names) => ({
    level: 'block',
    code: 'NAME_CLASH',
    message: `${toEightDotThree(names[0] ?? '')} is the name of ${names.length} files; on the machine they are one.`,
  }));
}

function checkSize(plan: Plan, file: PlannedFile): Finding[] {
  const { platform } = plan;
  if (file.sizeBytes > platform.maxFileBytes) {
    const message = `${file.name} has ${file.sizeBytes} bytes; ${platform.label} takes at most ${platform.maxFileBytes}.`;
    return [{ level: 'block', code: 'FILE_TOO_LARGE', message }];
  }
  if (file.sizeBytes > platform.safeFileBytes) {
    const message = `${file.name} has ${megabytes(file.sizeBytes)}; some disks of ${platform.label} end below that.`;
    return [{ level: 'warn', code: 'FILE_LARGE', message }];
  }
  return [];
}

/** FILE_TOO_LARGE (block) and FILE_LARGE (warn) against the limits of the platform's file systems. */
export function checkSizes(plan: Plan): Finding[] {
  return plan.files.filter((file) => !file.alreadyThere).flatMap((file) => checkSize(plan, file));
}

const bytesToSend = ({ alreadyThere, sizeBytes, presentBytes = 0 }: PlannedFile): number =>
  alreadyThere ? 0 : sizeBytes - presentBytes;

/** DISK_TOO_SMALL when what is to be sent, 5 % and 1 MiB do not fit on the free disk. */
export function checkDisk({ files, diskFreeBytes }: Plan): Finding[] {
  const toSend = files.reduce((sum, file) => sum + bytesToSend(file), 0);
  if (diskFreeBytes === undefined || toSend === 0) return [];
  const needed = Math.ceil(toSend * (1 + DISK_MARGIN_SHARE)) + DISK_MARGIN_BYTES;
  if (needed <= diskFreeBytes) return [];
  const message = `${megabytes(needed)} are needed with some room to spare, ${megabytes(diskFreeBytes)} are free.`;
  return [{ level: 'block', code: 'DISK_TOO_SMALL', message }];
}
