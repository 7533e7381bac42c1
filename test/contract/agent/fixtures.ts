import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** One entry of fixtures/agent/cases.json; its README says what the words mean. */
interface FixtureCase {
  readonly file: string;
  readonly expect: string;
  readonly because: string;
  readonly why?: string;
  readonly reason?: string;
  readonly args?: readonly string[];
  readonly says?: Readonly<Record<string, string | readonly string[]>>;
  readonly records?: readonly { readonly ms: number; readonly stream: string; readonly base64: string }[];
}

const folder = join(import.meta.dirname, '../../../fixtures/agent');

export const fixturePath = (file: string): string => join(folder, file);

export function fixtureCases(kind: 'jobs' | 'ends' | 'logs' | 'infos'): readonly FixtureCase[] {
  const all: readonly FixtureCase[] = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'));
  return all.filter(({ file }) => file.startsWith(`${kind}/`));
}

/** The job examples, with their names in IN. */
export const jobCases = (): readonly (FixtureCase & { readonly name: string; readonly id: string })[] =>
  fixtureCases('jobs').map((one) => ({
    ...one,
    name: basename(one.file),
    id: basename(one.file).slice(0, 8),
  }));
