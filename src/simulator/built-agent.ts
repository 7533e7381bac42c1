import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '../domain/errors.ts';
import { guardGroup } from './agent/guard.ts';
import type { PcAgent } from './pc-agent.ts';
import { killSession } from './process-session.ts';

const startDeadlineMs = 10_000;
const stopDeadlineMs = 5_000;

/** Starts the C agent as a process of its own. AGENT_NEEDED with its last words when it does not come up. */
export async function startBuiltAgent(
  program: string,
  spoolFolder: string,
  environment: Readonly<Record<string, string>>,
): Promise<PcAgent> {
  const child = spawn(program, [spoolFolder], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let lastWords = '';
  child.stderr.on('data', (bytes: Buffer) => {
    lastWords = (lastWords + bytes.toString('latin1')).slice(-500);
  });
  child.on('error', (error) => {
    lastWords = error.message;
  });
  const liftGuard = child.pid === undefined ? () => {} : guardGroup(child.pid);
  const stop = async (): Promise<void> => {
    await endChild(child);
    liftGuard();
  };
  const crash = async (): Promise<void> => {
    await killWithAll(child);
    liftGuard();
  };
  const deadline = Date.now() + startDeadlineMs;
  while (!hasTold(spoolFolder, child.pid)) {
    if (hasEnded(child) || Date.now() > deadline) {
      await stop();
      throw new DomainError(
        'AGENT_NEEDED',
        `the C agent did not start: ${lastWords.trim() || 'no reason given'}`,
      );
    }
    await delay(20);
  }
  return { stop, crash };
}

/** Whether AGENT.NFO is whole and of this process, not of an earlier one. */
function hasTold(spoolFolder: string, pid: number | undefined): boolean {
  const path = join(spoolFolder, 'AGENT.NFO');
  const lines = existsSync(path) ? readFileSync(path, 'latin1').split(/\r?\n/) : [];
  return lines.includes('eof=1') && lines.includes(`agent_pid=${pid}`);
}

const hasEnded = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

async function endChild(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
  await gone;
  clearTimeout(timer);
}

/** The agent leads a session, and whatever it started is in it. */
async function killWithAll(child: ChildProcess): Promise<void> {
  const gone = hasEnded(child) ? undefined : once(child, 'exit');
  child.kill('SIGKILL');
  if (child.pid !== undefined) await killSession(child.pid);
  await gone;
}
