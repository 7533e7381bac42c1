import { readFileSync, renameSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileClaim, UpdateJob } from './jobs.ts';
import { measureFile, systemCode, type Measure } from './measure.ts';
import { flushFile } from './outbox.ts';
import type { TextLine } from './spool-text.ts';

/** Which agent this is, for AGENT.NFO. */
export interface AgentIdentity {
  readonly version: string;
  readonly build: string;
}

export interface UpdateEnd {
  readonly reason: 'done' | 'mismatch' | 'missing' | 'disk-full' | 'io-error' | 'cannot' | 'start-failed';
  readonly lines: readonly TextLine[];
}

const program = 'AGENT.EXE';
const spare = 'AGENT.OLD';
const mark = /agent98 (\d+\.\d+\.\d+) build ([0-9a-f]{8})/;

const markIn = (path: string): AgentIdentity | undefined => {
  try {
    const [, version, build] = mark.exec(readFileSync(path, 'latin1')) ?? [];
    return version === undefined || build === undefined ? undefined : { version, build };
  } catch {
    return undefined;
  }
};

/** This agent cannot become the program in AGENT.EXE, but it goes by its name, as a machine's agent would. */
export const identityOf = (folder: string): AgentIdentity =>
  markIn(join(folder, program)) ?? { version: '1.0.0', build: 'typescript' };

const isRight = (claim: FileClaim, measure: Measure | undefined): boolean =>
  measure?.sizeBytes === claim.sizeBytes && measure.crc32 === claim.crc32;

/**
 * Puts the new program in the place of the old one, a copy of which stays as AGENT.OLD. Repeating it is harmless: what
 * is in its place already is `done`.
 */
export async function replaceProgram(folder: string, { file }: UpdateJob): Promise<UpdateEnd> {
  const [own, source] = [join(folder, program), join(folder, file.source)];
  const failed = (reason: UpdateEnd['reason'], measure?: Measure): UpdateEnd => ({
    reason,
    lines: [...fileLines(file, measure), ['bad', file.name]],
  });
  try {
    const present = await measureFile(own);
    if (!present) return failed('cannot');
    if (isRight(file, present)) {
      rmSync(source, { force: true });
      return { reason: 'done', lines: fileLines(file, present) };
    }
    const offered = await measureFile(source);
    if (!offered) return failed('missing');
    if (!isRight(file, offered)) return failed('mismatch', offered);
    if (!markIn(source)) {
      const words = 'the new program does not start as an agent here';
      return { reason: 'start-failed', lines: [...fileLines(file, offered), ['oserr', words]] };
    }
    await flushFile(source);
    await copyFile(own, join(folder, spare));
    renameSync(source, own);
    return { reason: 'done', lines: fileLines(file, offered) };
  } catch (error) {
    return failed(['ENOSPC', 'EDQUOT'].includes(systemCode(error)) ? 'disk-full' : 'io-error');
  }
}

const fileLines = ({ name }: FileClaim, measure: Measure | undefined): readonly TextLine[] =>
  measure ? [['file', `${name},${measure.sizeBytes},${measure.crc32}`]] : [];
