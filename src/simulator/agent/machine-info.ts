import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { freemem, machine, uptime } from 'node:os';
import { join } from 'node:path';
import { jobKinds } from './jobs.ts';
import { freeBytes } from './run.ts';
import type { AgentSettings } from './settings.ts';
import { maxTextBytes, readText, writeText } from './spool-text.ts';
import type { AgentIdentity } from './update.ts';

export const clock = { name: 'hrtime', stepUs: 1 } as const;

const maxBoot = 2 ** 32 - 1;

/** Raises the start counter of a spool by one and returns it. */
export function raiseBoot(folder: string): number {
  const path = join(folder, 'AGENT.CNT');
  const last = Math.max(toCount(readStart(path)), toldBoot(folder));
  const boot = last < maxBoot ? last + 1 : 1;
  try {
    const descriptor = openSync(path, 'w');
    writeSync(descriptor, `${boot}\r\n`);
    fsyncSync(descriptor);
    closeSync(descriptor);
  } catch {
    // On a full disk AGENT.NFO remembers it.
  }
  return boot;
}

const toCount = (text: string): number =>
  /^\d{1,10}$/.test(text) && Number(text) <= maxBoot ? Number(text) : 0;

/** After a power cut either file may be damaged; the other one remembers. */
function toldBoot(folder: string): number {
  const told = readText(Buffer.from(readStart(join(folder, 'AGENT.NFO')), 'latin1'));
  return told.state === 'whole' ? toCount(told.file.one('boot') ?? '') : 0;
}

/** The first bytes of a small file as text, one character each; nothing when it cannot be read. */
function readStart(path: string): string {
  try {
    return readFileSync(path, 'latin1').slice(0, maxTextBytes).trim();
  } catch {
    return '';
  }
}

/** What of AGENT.NFO changes while the agent runs. */
export interface AgentState {
  readonly identity: AgentIdentity;
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
    ['version', state.identity.version],
    ['build', state.identity.build],
    ['platform', settings.platform],
    ['os', settings.os],
    ['name', settings.name],
    ['path', realpathSync(folder)],
    ['cpu', cpu],
    ['arch', machine()],
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
