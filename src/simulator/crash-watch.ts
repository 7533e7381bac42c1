import { readdirSync, readFileSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { Crash } from './knobs.ts';

/** Calls `act` as soon as a crash is due on a spool whose agent runs. Returns the function that ends the watch. */
export function watchForCrash(spoolFolder: string, crash: Crash, act: () => void): () => void {
  const folder = join(spoolFolder, 'atJob' in crash ? 'RUN' : 'OUT');
  const isDue = (): boolean =>
    'atJob' in crash ? hasJob(folder, crash.atJob) : hasLog(folder, crash.afterLogBytes);
  const look = (): void => {
    if (!isDue()) return;
    watcher.close();
    act();
  };
  const watcher = watch(folder, { persistent: false }, look);
  watcher.on('error', () => {});
  return () => watcher.close();
}

/** An empty kind: any job. */
function hasJob(folder: string, kind: string): boolean {
  return namesIn(folder, '.RUN').some((name) => {
    const lines = readOrNothing(join(folder, name)).split(/\r?\n/);
    return kind === '' || lines.includes(`kind=${kind}`);
  });
}

/** The LOG of a run that goes on. */
function hasLog(folder: string, bytes: number): boolean {
  const ended = new Set(namesIn(folder, '.END').map((name) => name.slice(0, 8)));
  return namesIn(folder, '.LOG').some((name) => {
    const size = statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
    return size >= bytes && !ended.has(name.slice(0, 8));
  });
}

function namesIn(folder: string, ending: string): readonly string[] {
  return readdirSync(folder).filter((name) => name.endsWith(ending));
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
