import { readFileSync } from 'node:fs';
import { cpus, hostname, release, totalmem, type as osType } from 'node:os';
import { join } from 'node:path';

/** What AGENT.INI says, with this system's own values where it is silent. */
export interface AgentSettings {
  readonly name: string;
  readonly pollMs: number;
  /** 0: the NFO is not rewritten periodically. */
  readonly beatSeconds: number;
  readonly ramKb: number;
  /** Size of a simulated disk; 0: the real one. */
  readonly diskKb: number;
  readonly mhz: number;
  readonly cpu: string;
  readonly os: string;
  readonly platform: string;
  readonly simulated: boolean;
}

const maxIniBytes = 16_384;

/** Reads AGENT.INI of a spool; a missing file or a senseless value gives the default. */
export function readSettings(folder: string): AgentSettings {
  const values = iniValues(iniText(folder));
  const whole = (key: string, otherwise: number, least: number): number => {
    const text = values.get(key) ?? '';
    return /^\d{1,9}$/.test(text) ? Math.max(least, Number(text)) : otherwise;
  };
  // Asking the system for its processors is slow.
  const firstCpu = values.has('cpu') && values.has('mhz') ? undefined : cpus()[0];
  return {
    name: values.get('name') ?? hostname(),
    pollMs: whole('poll_ms', 1000, 10),
    beatSeconds: whole('beat_s', 0, 0),
    ramKb: whole('ram_kb', Math.round(totalmem() / 1024), 0),
    diskKb: whole('disk_kb', 0, 0),
    mhz: whole('mhz', firstCpu?.speed ?? 0, 0),
    cpu: values.get('cpu') ?? firstCpu?.model ?? '',
    os: values.get('os') ?? `${osType()} ${release()}`,
    platform: values.get('platform') ?? (process.platform === 'linux' ? 'linux' : 'unix'),
    simulated: values.get('simulated') === '1',
  };
}

function iniText(folder: string): string {
  try {
    return readFileSync(join(folder, 'AGENT.INI')).subarray(0, maxIniBytes).toString('utf8');
  } catch {
    return '';
  }
}

function iniValues(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([a-z0-9_]+)\s*=\s*(.*?)\s*$/.exec(line);
    const [, key, value = ''] = match ?? [];
    if (key !== undefined && value !== '' && !values.has(key)) values.set(key, value.slice(0, 200));
  }
  return values;
}
