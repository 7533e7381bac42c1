import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What a power cut does to files that nobody had flushed: each loses up to `bytes` of its end. These are uploads that
 * no bundle owns yet and jobs not yet published, the LOG of a run without an END, and an END that has its temporary
 * name. What the agent has flushed stays whole.
 */
export function loseTails(spoolFolder: string, bytes: number): void {
  for (const path of unflushed(spoolFolder)) truncateSync(path, Math.max(0, statSync(path).size - bytes));
}

function unflushed(spoolFolder: string): readonly string[] {
  const out = namesIn(spoolFolder, 'OUT');
  const hasEnd = (log: string): boolean => out.includes(log.replace(/\.LOG$/, '.END'));
  return [
    ...namesIn(spoolFolder, 'STAGE').map((name) => join('STAGE', name)),
    ...namesIn(spoolFolder, 'IN')
      .filter((name) => name.endsWith('.TMP'))
      .map((name) => join('IN', name)),
    ...out
      .filter((name) => name.endsWith('.TMP') || (name.endsWith('.LOG') && !hasEnd(name)))
      .map((name) => join('OUT', name)),
  ].map((path) => join(spoolFolder, path));
}

function namesIn(spoolFolder: string, folder: string): readonly string[] {
  try {
    return readdirSync(join(spoolFolder, folder), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}
