import { DomainError } from '../domain/errors.ts';
import type { Machine, MachineServer } from '../domain/machine.ts';
import type { ServerFacts } from '../transports/transport.ts';

/** Counters, times and dates come and go in greetings: they say nothing of whose greeting it is. */
const fleeting =
  /\d+|\b(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|\b[ap]m\b/g;

const lasting = ({ banner, syst }: Pick<MachineServer, 'banner' | 'syst'>): string =>
  `${banner}\n${syst}`.toLowerCase().replaceAll(fleeting, ' ').replaceAll(/\s+/g, ' ').trim();

/** What a machine without an agent has beside the ids on its disk, which may be copied: the words of its server. */
export const isKnownByWords = ({ agent, server, transport }: Machine): boolean =>
  agent === undefined && server !== undefined && transport === 'push';

/** Throws WRONG_MACHINE when a machine that is known by its server's words is answered for by another server. */
export async function checkWords(
  machine: Machine,
  link: { describeServer(): Promise<ServerFacts> },
): Promise<void> {
  if (!machine.server || !isKnownByWords(machine)) return;
  const now = await link.describeServer();
  if (lasting(now) === lasting(machine.server)) return;
  throw new DomainError(
    'WRONG_MACHINE',
    `the server of ${machine.name} said "${wordsOf(machine.server)}" when it was probed, and says "${wordsOf(now)}" now; if that is right: fleet98 machine adopt ${machine.name}`,
  );
}

const wordsOf = ({ banner, syst }: Pick<MachineServer, 'banner' | 'syst'>): string =>
  `${banner.split('\n')[0] ?? ''}; ${syst}`.slice(0, 120);
