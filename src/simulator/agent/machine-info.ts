import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { freemem, uptime } from 'node:os';
import { join } from 'node:path';
import { jobKinds } from './jobs.ts';
import { freeBytes } from './run.ts';
import type { AgentSettings } from './settings.ts';
import { writeText } from './spool-text.ts';

export const clock = { name: 'hrtime', stepUs: 1 } as const;

/** Raises the start counter of a spool by one and returns it. */
export function raiseBoot(folder: string): number {
  const path = join(folder, 'AGENT.CNT');
  const text = existsSync(path) ? readFileSync(path, 'latin1').trim() : '';
  const boot = (/^\d{1,9}$/.test(text) ? Number(text) : 0) + 1;
  const descriptor = openSync(path, 'w');
  writeSync(descriptor, `${boot}\r\n`);
  fsyncSync(descriptor);
  closeSync(descriptor);
  return boot;
}

/** What of AGENT.NFO changes while the agent runs. */
export interface AgentState {
  readonly boot: number;
  readonly sequence: number;
  readonly job?: string | undefined;
  readonly childPid?: number | undefined;
}

/** Rewrites AGENT.NFO in place. */
export function writeInfo(folder: string, settings: AgentSettings, state: AgentState): void {
  const { ramKb, mhz, cpu } = settings;
  const bytes = writeText([
    ['v', 1],
    ['agent', 'simulated'],
    ['version', '1.0.0'],
    ['build', 'typescript'],
    ['platform', settings.platform],
    ['os', settings.os],
    ['name', settings.name],
    ['path', folder],
    ['cpu', cpu],
    ...(mhz > 0 ? [['mhz', mhz] as const] : []),
    ['ram_kb', ramKb],
    ['ram_free_kb', Math.min(ramKb, Math.floor(freemem() / 1024))],
    ['disk_free_kb', Math.floor(freeBytes(folder) / 1024)],
    ['clock', clock.name],
    ['step_us', clock.stepUs],
    ['uptime_s', Math.floor(uptime())],
    ['boot', state.boot],
    ['seq', state.sequence],
    ['job', state.job ?? '-'],
    ...(state.childPid === undefined ? [] : [['child_pid', state.childPid] as const]),
    ['agent_pid', process.pid],
    ['kinds', jobKinds.join(',')],
    ['hold', 0],
    ['simulated', settings.simulated ? 1 : 0],
  ]);
  writeFileSync(join(folder, 'AGENT.NFO'), bytes);
}
