import { DomainError } from './errors.ts';

/** From each state the events that may happen there and where they lead. Every state has a row; a hole is a bug. */
export type StateTable<State extends string, Event extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Event, State>>>>
>;

/** The state that `event` leads to; throws BUG when it cannot happen in `state`. */
export function step<State extends string, Event extends string>(
  table: StateTable<State, Event>,
  state: State,
  event: Event,
): State {
  const next = table[state][event];
  if (next === undefined) throw new DomainError('BUG', `'${event}' cannot happen in state '${state}'`);
  return next;
}

/** Whether `event` can happen in `state`. */
export function canStep<State extends string, Event extends string>(
  table: StateTable<State, Event>,
  state: State,
  event: Event,
): boolean {
  return table[state][event] !== undefined;
}
