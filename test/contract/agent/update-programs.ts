import { readFileSync } from 'node:fs';
import { crcOf, type Line } from '../../support/spool-folder.ts';

/** Two programs that are the same agent by another build, and how its NFO calls them. */
export interface AgentPrograms {
  readonly old: Buffer;
  readonly oldBuild: string;
  readonly next: Buffer;
  readonly nextBuild: string;
}

const mark = /agent98 \d+\.\d+\.\d+ build ([0-9a-f]{8})/;

/** The agent in a file, and the same with another mark of its sources. */
export function agentPrograms(path: string): AgentPrograms {
  const old = readFileSync(path);
  const text = old.toString('latin1');
  const oldBuild = mark.exec(text)?.[1] ?? '';
  // The end stays: a linker lets other texts, such as a single digit, be the end of this one.
  const nextBuild = `${oldBuild.startsWith('0bad') ? 'bad0' : '0bad'}${oldBuild.slice(4)}`;
  const next = Buffer.from(text.replaceAll(oldBuild, nextBuild), 'latin1');
  return { old, oldBuild, next, nextBuild };
}

/** The line of an update job for bytes that lie at `source`. */
export const updateLine = (bytes: Buffer, source = 'STAGE/NEW.EXE'): Line => [
  'file',
  `${source},AGENT.EXE,${bytes.length},${crcOf(bytes)}`,
];
