import { spawn } from 'node:child_process';

const groups = new Set<number>();

/** Ends every process of a group; one that is gone already is fine. */
export function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // The group has no process any more.
  }
}

const killAll = (): void => groups.forEach(killGroup);

/**
 * Makes a group of processes end with this process, also when it is killed outright: a small shell waits on a pipe
 * that only this process holds. Returns the function that lifts the guard.
 */
export function guardGroup(group: number): () => void {
  if (groups.size === 0) process.on('exit', killAll);
  groups.add(group);
  const guard = spawn('/bin/sh', ['-c', `read _; kill -s KILL -- -${group} 2>/dev/null`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.on('error', () => {});
  guard.stdin.on('error', () => {});
  guard.unref();
  return () => {
    groups.delete(group);
    if (groups.size === 0) process.removeListener('exit', killAll);
    guard.kill('SIGKILL');
    guard.stdin.destroy();
  };
}
