import { DomainError } from '../domain/errors.ts';
import type { Machine, MachineServer } from '../domain/machine.ts';
import type { ServerFacts } from '../transports/transport.ts';

const days = '(?:mon|tue(?:s)?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?';
const months =
  'jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?';

/**
 * Counters, times and dates come and go in greetings: they say nothing of whose greeting it is. A number within a word does:
 * vax1 is not vax2.
 */
const fleeting = new RegExp(String.raw`\b(?:\d+(?:[ap]m|st|nd|rd|th)?|[ap]m|${days}|${months})\b`, 'g');

const lasting = ({ banner, syst }: Pick<MachineServer, 'banner' | 'syst'>): string =>
  `${banner}\n${syst}`.toLowerCase().replaceAll(fleeting, ' ').replaceAll(/\s+/g, ' ').trim();

/**
 * What a machine without an agent has beside the ids on its disk, which may be copied: the words of its server. Throws
 * WRONG_MACHINE when another server answers for it.
 */
export async function checkWords(
  machine: Machine,
  link: { describeServer(): Promise<ServerFacts> },
): Promise<void> {
  if (machine.transport !== 'push' || machine.agent || !machine.server) return;
  const now = await link.describeServer();
  if (lasting(now) === lasting(machine.server)) return;
  throw new DomainError(
    'WRONG_MACHINE',
    `the server of ${machine.name} said "${wordsOf(machine.server)}" when it was probed, and says "${wordsOf(now)}" now; if that is right: fleet98 machine adopt ${machine.name}`,
  );
}

const wordsOf = ({ banner, syst }: Pick<MachineServer, 'banner' | 'syst'>): string =>
  `${banner.split('\n')[0] ?? ''}; ${syst}`.slice(0, 120);
