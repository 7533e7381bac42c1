import { floppyBytes } from './fat12.ts';
import type { KitFile } from './kit-file.ts';

/** A file for a machine's STAGE. */
export interface CarriedFile {
  /** Path in the spool, such as `STAGE/0A1B2C3D.4E5`. */
  readonly stage: string;
  readonly bytes: Uint8Array;
}

export interface CarriedBundle {
  /** `name@version` */
  readonly bundle: string;
  /** Where the agent places it. */
  readonly folder: string;
  readonly job: { readonly id: string; readonly bytes: Uint8Array };
  readonly files: readonly CarriedFile[];
}

/** A piece of a file, as it lies on a disk. */
interface Part {
  readonly name: string;
  readonly stage: string;
  readonly isFirst: boolean;
  readonly bytes: Uint8Array;
}

const SECTOR = 512;
/** Room for the batch files and the job, on whichever disk they are. */
const RESERVED_BYTES = 48 * 1024;
const PART_BYTES = floppyBytes - RESERVED_BYTES;

const text = (lines: readonly string[]): Uint8Array =>
  Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1');

const roundedUp = (bytes: number): number => Math.ceil(bytes / SECTOR) * SECTOR;

/** Fills disk after disk; a file goes on where the last one ended. */
function distribute(files: readonly CarriedFile[]): Part[][] {
  const disks: Part[][] = [[]];
  let free = PART_BYTES;
  for (const [index, { stage, bytes }] of files.entries()) {
    const stem = `F${String(index + 1).padStart(2, '0')}`;
    let at = 0;
    for (let part = 1; at < bytes.length || part === 1; part += 1) {
      if (free < SECTOR) {
        disks.push([]);
        free = PART_BYTES;
      }
      const piece = bytes.subarray(at, at + free);
      const name = `${stem}.${String(part).padStart(3, '0')}`;
      disks.at(-1)?.push({ name, stage, isFirst: at === 0, bytes: piece });
      free -= roundedUp(piece.length);
      at += piece.length;
    }
  }
  return disks;
}

const dosPath = (path: string): string => path.replaceAll('/', '\\');

/** BRING.BAT, typed on the first disk: goes on from the hard disk, because the disks are changed. */
const bringBatch: readonly string[] = [
  '@ECHO OFF',
  'REM BRING.BAT - type A: and then BRING; with another drive BRING B:',
  'IF NOT EXIST JOINALL.BAT GOTO WHERE',
  'IF NOT EXIST C:\\FLEET98\\AGENT.EXE GOTO NOAGENT',
  'COPY JOINALL.BAT C:\\FLEET98 > NUL',
  'C:',
  'CD \\FLEET98',
  'JOINALL %1',
  ':NOAGENT',
  'ECHO BRING: there is no AGENT.EXE in C:\\FLEET98; set this machine up first.',
  'GOTO END',
  ':WHERE',
  'ECHO BRING: go to the first disk before, as with A:',
  ':END',
];

/** Not every DOS can append to a file, so a joined one is made anew. */
function copyLines({ name, stage, isFirst }: Part): readonly string[] {
  const target = dosPath(stage);
  const part = `%FROM%\\${name}`;
  if (isFirst) return [`COPY /B ${part} ${target} > NUL`];
  return [
    `COPY /B ${target}+${part} STAGE\\JOINED.TMP > NUL`,
    `DEL ${target}`,
    `REN STAGE\\JOINED.TMP ${target.split('\\').at(-1) ?? ''}`,
  ];
}

/** JOINALL.BAT: asks for one disk after the other, joins the parts, and has the agent compare and place them. */
function joinBatch(
  { bundle, folder, job }: CarriedBundle,
  disks: readonly (readonly Part[])[],
): readonly string[] {
  const count = disks.length;
  const steps = disks.flatMap((parts, index) => {
    const number = index + 1;
    return [
      `:D${number}`,
      `IF EXIST %FROM%\\DISK${number}.TXT GOTO C${number}`,
      `ECHO Put disk ${number} of ${count} into %FROM% and press a key. Ctrl-C ends it.`,
      'PAUSE > NUL',
      `GOTO D${number}`,
      `:C${number}`,
      `ECHO Disk ${number} of ${count}`,
      ...parts.flatMap((part) => copyLines(part)),
    ];
  });
  const end = `OUT\\${job.id}.END`;
  return [
    '@ECHO OFF',
    `REM JOINALL.BAT - brings ${bundle}`,
    'SET FROM=%1',
    'IF "%FROM%"=="" SET FROM=A:',
    ...['IN', 'STAGE'].map((name) => `IF NOT EXIST ${name}\\NUL MD ${name}`),
    ...steps,
    `COPY /B %FROM%\\${job.id}.JOB IN\\${job.id}.JOB > NUL`,
    'ECHO The agent compares sizes and sums now. Where it does not run: type AGENT.',
    'REM On DOS it works in its turn; elsewhere a second one just says so and leaves.',
    'IF "%OS%"=="Windows_NT" GOTO WAIT',
    'IF NOT "%windir%"=="" GOTO WAIT',
    'AGENT',
    ':WAIT',
    `IF NOT EXIST ${end} GOTO WAIT`,
    `IF NOT EXIST ${dosPath(folder)}\\BUNDLE.OK GOTO BAD`,
    `DEL ${end}`,
    `ECHO ${bundle} is here, whole. At the desk: fleet98 deploy ${bundle}`,
    'GOTO END',
    ':BAD',
    'ECHO Something is not as it should be; the line with bad= says what:',
    `TYPE ${end}`,
    ':END',
  ];
}

/** The files of each disk, in their order. The job is on the last one, so that it comes when all else is there. */
export function bundleDisks(carried: CarriedBundle): readonly (readonly KitFile[])[] {
  const disks = distribute(carried.files);
  return disks.map((parts, index): KitFile[] => {
    const label = {
      name: `DISK${index + 1}.TXT`,
      bytes: text([`${carried.bundle}, disk ${index + 1} of ${disks.length}`]),
    };
    const first = [
      { name: 'BRING.BAT', bytes: text(bringBatch) },
      { name: 'JOINALL.BAT', bytes: text(joinBatch(carried, disks)) },
    ];
    const last = { name: `${carried.job.id}.JOB`, bytes: carried.job.bytes };
    return [
      ...(index === 0 ? first : []),
      label,
      ...parts.map(({ name, bytes }) => ({ name, bytes })),
      ...(index === disks.length - 1 ? [last] : []),
    ];
  });
}
