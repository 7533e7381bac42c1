import type { AgentFacts } from '../domain/machine.ts';
import { cleanText } from './clean-text.ts';
import { definedOnly, parseInteger, parseNumber } from './fields.ts';
import { isJobId } from './identifiers.ts';
import { damaged, decodeKeyValues } from './key-value.ts';
import type { Decoded, KeyValues } from './key-value.ts';

const MAX_WORDS = 200;
const MAX_KINDS = 32;
const MAX_COUNTER = 2 ** 40;
const MAX_PID = 2 ** 32 - 1;

/** From, to: a number outside is dropped as if the machine had not given it. */
const sane = {
  mhz: [1, 100_000],
  ram_kb: [1, 2 ** 36],
  ram_free_kb: [0, 2 ** 36],
  disk_free_kb: [0, 2 ** 42],
  step_us: [1, 10_000_000],
  uptime_s: [0, 2 ** 32],
  child_pid: [1, MAX_PID],
  agent_pid: [1, MAX_PID],
} as const;

function numbers(entries: KeyValues): Partial<AgentFacts> {
  const read = (key: keyof typeof sane): number | undefined => {
    const [min, max] = sane[key];
    return parseNumber(entries.get(key), min, max);
  };
  return definedOnly({
    mhz: read('mhz'),
    ramKb: read('ram_kb'),
    ramFreeKb: read('ram_free_kb'),
    diskFreeKb: read('disk_free_kb'),
    stepUs: read('step_us'),
    uptimeSeconds: read('uptime_s'),
    childPid: read('child_pid'),
    agentPid: read('agent_pid'),
  });
}

function kindsOf(list: string): string[] {
  const kinds = list.split(',').filter((kind) => /^[a-z]{1,16}$/.test(kind));
  return [...new Set(kinds)].slice(0, MAX_KINDS);
}

/** Reads AGENT.NFO. Words are cut to 200 characters and made safe to show; absurd numbers are dropped. */
export function decodeAgentInfo(bytes: Uint8Array): Decoded<{ readonly facts: AgentFacts }> {
  const decoded = decodeKeyValues(bytes);
  if (decoded.state !== 'ok') return decoded;
  const { entries } = decoded;
  if (entries.get('v') !== '1') return damaged("'v' is missing or wrong");
  const boot = parseInteger(entries.get('boot'), 0, MAX_COUNTER);
  if (boot === undefined) return damaged("'boot' is missing or wrong");
  const word = (key: string): string => cleanText(entries.get(key) ?? '', MAX_WORDS);
  const job = entries.get('job') ?? '-';
  const arch = word('arch');
  const facts: AgentFacts = {
    agent: word('agent'),
    version: word('version'),
    build: word('build'),
    platform: word('platform'),
    os: word('os'),
    name: word('name'),
    path: word('path'),
    cpu: word('cpu'),
    clock: word('clock'),
    ...(arch !== '' && { arch }),
    ...numbers(entries),
    boot,
    sequence: parseInteger(entries.get('seq'), 0, MAX_COUNTER) ?? 0,
    ...(isJobId(job) && { job }),
    kinds: kindsOf(entries.get('kinds') ?? ''),
    hold: entries.get('hold') === '1',
    simulated: entries.get('simulated') === '1',
  };
  return { state: 'ok', facts };
}
