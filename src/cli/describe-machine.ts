import type { Machine } from '../contract/machines.ts';
import { clockTime, facts, when } from './format.ts';

/** What a machine is, in one line. */
export const describeAgent = ({ agent }: Machine): string | undefined =>
  agent && [agent.os, agent.cpu, agent.mhz && `${agent.mhz} MHz`].filter(Boolean).join(', ');

const ages = { current: '', old: ', old agent', 'too-old': ', old agent, too old to be relied on' } as const;

const ageOf = ({ agent, name }: Machine): string =>
  agent && agent.age !== 'current' ? `${ages[agent.age]}: fleet98 machine agent ${name}` : '';

/** What a machine that does one thing at a time is at, in words for a person. */
export function describeAway({ away }: Pick<Machine, 'away'>): string | undefined {
  if (!away) return undefined;
  if (away.state === 'waiting-for-keyboard')
    return 'waits for somebody to end its FTP server (Alt-X or Ctrl-C there)';
  const by = away.backBy === undefined ? '' : ` by ${clockTime(away.backBy)}`;
  return away.state === 'overdue' ? `overdue: it should have been back${by}` : `busy, back${by} (predicted)`;
}

/** Where a machine is called, or where it came from by itself. */
export function describeAddress({ transport, host, port }: Machine): string {
  if (transport !== 'depot') return `${host}:${port}`;
  return host === '' ? 'comes by itself' : `comes from ${host}`;
}

/** All that is known of a machine, a fact per line. */
export function describe(machine: Machine): string {
  const { agent, server } = machine;
  return facts([
    ['name', machine.name],
    ['state', machine.state + (machine.held ? ', on hold' : '') + (machine.simulated ? ', simulated' : '')],
    ['health', machine.health],
    ['busy', machine.busy && `${machine.busy.owner} since ${when(machine.busy.since)}`],
    ['away', machine.away && `${describeAway(machine)}, for ${machine.away.owner}`],
    ['address', `${describeAddress(machine)} as ${machine.user}`],
    ['server', server?.banner],
    [
      'known by',
      agent || !server
        ? undefined
        : 'MACHINE.ID and the words of its server: weak, as no agent tells what it is',
    ],
    ['spool', machine.spool],
    ['platform', machine.platform ?? machine.agent?.platform],
    ['system', describeAgent(machine)],
    ['agent', agent && `${agent.agent} ${agent.version} (${agent.build})${ageOf(machine)}`],
    ['memory', agent?.ramKb && `${Math.round(agent.ramKb / 1024)} MiB`],
    ['free disk', agent?.diskFreeKb && `${Math.round(agent.diskFreeKb / 1024)} MiB`],
    ['clock', agent && `${agent.clock}${agent.stepUs ? `, step ${agent.stepUs / 1000} ms` : ''}`],
    [
      'labels',
      Object.entries(machine.labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
    ],
    ['last contact', when(machine.lastContactAt)],
    ['last error', machine.lastError && `${machine.lastError.code}: ${machine.lastError.detail}`],
  ]);
}
