import { readFileSync } from 'node:fs';

// A PC that takes an upload while a program runs: listener, control and data connection with its listener, the file,
// the program's pipes and its guard, the agent's pipe.
const perPc = 10;
const ownFiles = 64;

/** Says so when this process may open too few files for so many PCs; undefined when they suffice or cannot be known. */
export function openFilesWarning(pcs: number): string | undefined {
  const allowed = allowedFiles();
  const needed = ownFiles + perPc * pcs;
  if (allowed === undefined || allowed >= needed) return undefined;
  return (
    `${pcs} PCs that are busy at once need about ${needed} open files, and this process may open ${allowed}: ` +
    'start it where ulimit -n is higher, or start fewer'
  );
}

function allowedFiles(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
