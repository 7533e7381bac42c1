import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Kills every process of a session until none is left. Linux only: elsewhere nothing is found. */
export async function killSession(session: number): Promise<void> {
  for (;;) {
    const members = livingMembers(session);
    if (members.length === 0) return;
    for (const pid of members) kill(pid);
    await delay(2);
  }
}

function livingMembers(session: number): readonly number[] {
  return processIds().filter((pid) => {
    const [state, , , itsSession] = statOf(pid);
    return itsSession === String(session) && state !== 'Z' && state !== 'X';
  });
}

function processIds(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** The fields of /proc/PID/stat from the state on; they follow a name in brackets that may hold anything. */
function statOf(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
