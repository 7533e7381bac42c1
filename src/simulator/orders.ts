import { DomainError } from '../domain/errors.ts';
import { parseKnob } from './knobs.ts';
import type { SimulatedPc } from './simulated-pc.ts';

const usage = 'power off [BYTES], power on, agent crash, agent stop, agent start, key, or KNOB=VALUE';

/**
 * Carries out one line of `sim --control`: the name of a PC or `all`, then what it shall do. Settles when it is done.
 * CONFIG_INVALID says what is possible.
 */
export async function obey(pcs: readonly SimulatedPc[], line: string): Promise<void> {
  const [, name = '', order = ''] = /^\s*(\S+)\s+(.*?)\s*$/.exec(line) ?? [];
  const meant = name === 'all' ? pcs : pcs.filter((pc) => pc.name === name);
  if (meant.length === 0)
    throw new DomainError('CONFIG_INVALID', 'a line is the name of a PC or all, then: ' + usage);
  const results = await Promise.allSettled(meant.map((pc) => actOn(pc, order)));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

async function actOn(pc: SimulatedPc, order: string): Promise<void> {
  const [, bytes] = /^power off (\d{1,12})$/.exec(order) ?? [];
  if (bytes !== undefined) return pc.powerOff({ loseTailBytes: Number(bytes) });
  switch (order.replace(/ +/g, ' ')) {
    case 'power off':
      return pc.powerOff();
    case 'power on':
      return pc.powerOn();
    case 'agent crash':
      return pc.crashAgent();
    case 'agent stop':
      return pc.stopAgent();
    case 'agent start':
      return pc.startAgent();
    case 'key':
      return pc.pressKey();
  }
  if (!order.includes('=')) throw new DomainError('CONFIG_INVALID', `an order is one of: ${usage}`);
  pc.turn(parseKnob(order, pc.knobs));
}

/** Carries out orders line by line, and answers each with a line of JSON. Settles when there are no more. */
export async function takeOrders(
  pcs: readonly SimulatedPc[],
  lines: AsyncIterable<string>,
  answer: (line: string) => void,
): Promise<void> {
  for await (const line of lines) {
    if (line.trim() === '') continue;
    try {
      await obey(pcs, line);
      answer(JSON.stringify({ order: line, done: true }));
    } catch (error) {
      answer(JSON.stringify({ order: line, error: error instanceof Error ? error.message : String(error) }));
    }
  }
}
