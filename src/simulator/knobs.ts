import { DomainError } from '../domain/errors.ts';

export interface Drop {
  readonly direction: 'upload' | 'download';
  /** Bytes of file data in one transfer, after which the link breaks. */
  readonly afterBytes: number;
  /** Whether only the first transfer that comes so far is hit. */
  readonly once: boolean;
}

export interface Refusal {
  readonly code: number;
  readonly text: string;
}

/** When the agent crashes by itself: at a job of this kind, or as soon as a run's LOG has so many bytes. Once. */
export type Crash = { readonly atJob: string } | { readonly afterLogBytes: number };

export type SiteQuit = 'on' | 'denied' | 'off';

/** What can be changed about a simulated PC while it runs. */
export interface Knobs {
  /** Speed of the engine with the 260K model; 0: as fast as the host. Heeded from the agent's next start. */
  readonly tokensPerSecond: number;
  /** As the agent tells it, from its next start. */
  readonly ramKb: number;
  /** Size of the disk; 0: the host's own. The agent heeds it from its next start, the FTP server at once. */
  readonly diskKb: number;
  /** Of the network, both ways together; 0: no limit. */
  readonly rateBytesPerSecond: number;
  /** Before each FTP reply. */
  readonly replyDelayMs: number;
  readonly drop: Drop | undefined;
  /** FTP commands that are not carried out, by verb. */
  readonly refused: ReadonlyMap<string, Refusal>;
  readonly crash: Crash | undefined;
  /** What SITE QUIT does where the server leaves for the agent: not `off` (not known), and for this user not `denied`. */
  readonly siteQuit: SiteQuit;
  /** By how much the machine's clock is ahead of the host's. */
  readonly clockOffsetMs: number;
}

/** The knobs of one PC as they stand now. */
export class KnobBoard {
  #now: Knobs;

  constructor(knobs: Knobs) {
    this.#now = knobs;
  }

  get now(): Knobs {
    return this.#now;
  }

  set(change: Partial<Knobs>): void {
    this.#now = { ...this.#now, ...change };
  }
}

/** Knobs that nobody has touched. */
export const plainKnobs: Knobs = {
  tokensPerSecond: 0,
  ramKb: 65_536,
  diskKb: 0,
  rateBytesPerSecond: 0,
  replyDelayMs: 0,
  drop: undefined,
  refused: new Map(),
  crash: undefined,
  siteQuit: 'on',
  clockOffsetMs: 0,
};

interface KnobText {
  /** The values that it takes, for messages. */
  readonly usage: string;
  /** Undefined: the value makes no sense. */
  read(value: string, knobs: Knobs): Partial<Knobs> | undefined;
}

const texts: Readonly<Record<string, KnobText>> = {
  tokens: { usage: 'a number of tokens per second', read: (value) => number(value, 'tokensPerSecond') },
  ram: { usage: 'a whole number of KB', read: (value) => whole(value, 'ramKb', 1) },
  disk: {
    usage: "a whole number of KB, 0 for the host's own disk",
    read: (value) => whole(value, 'diskKb', 0),
  },
  rate: {
    usage: 'a whole number of bytes per second, 0 for no limit',
    read: (value) => whole(value, 'rateBytesPerSecond', 0),
  },
  delay: {
    usage: 'milliseconds before each FTP reply, at most 600000',
    read: (value) => (Number(value) <= 600_000 ? whole(value, 'replyDelayMs', 0) : undefined),
  },
  drop: { usage: 'upload:BYTES, download:BYTES, each with or without :once, or off', read: readDrop },
  refuse: { usage: 'VERB:CODE TEXT with a code from 400 to 599, or off', read: readRefusal },
  crash: { usage: 'log:BYTES, job:KIND, job, or off', read: readCrash },
  clock: { usage: 'a date as in 1980-01-01 or 1980-01-01T00:10:00Z, or right', read: readClock },
  quit: { usage: 'on, denied or off', read: readSiteQuit },
};

/**
 * Understands `KNOB=VALUE`, as the command line, a profile and the orders of `sim --control` have it, and returns what
 * changes. CONFIG_INVALID says what is possible.
 */
export function parseKnob(text: string, knobs: Knobs): Partial<Knobs> {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(equals, 0));
  const known = Object.hasOwn(texts, name) ? texts[name] : undefined;
  if (known === undefined) {
    throw new DomainError(
      'CONFIG_INVALID',
      `"${printable(text)}" must be KNOB=VALUE; knobs are ${Object.keys(texts).join(', ')}`,
    );
  }
  const change = known.read(text.slice(equals + 1).trim(), knobs);
  if (change === undefined) {
    throw new DomainError('CONFIG_INVALID', `"${printable(text)}": the value must be ${known.usage}`);
  }
  return change;
}

/** What several texts make of the knobs, in their order. */
export function turnKnobs(knobs: Knobs, settings: readonly string[]): Knobs {
  return settings.reduce((now, text) => ({ ...now, ...parseKnob(text, now) }), knobs);
}

const printable = (text: string): string => text.slice(0, 80).replace(/[^ -~]/g, '?');

type NumberKnob = { [K in keyof Knobs]: Knobs[K] extends number ? K : never }[keyof Knobs];

function number(value: string, key: NumberKnob): Partial<Knobs> | undefined {
  return /^\d{1,9}(\.\d{1,9})?$/.test(value) ? { [key]: Number(value) } : undefined;
}

function whole(value: string, key: NumberKnob, least: number): Partial<Knobs> | undefined {
  return /^\d{1,12}$/.test(value) && Number(value) >= least ? { [key]: Number(value) } : undefined;
}

function readDrop(value: string): Partial<Knobs> | undefined {
  if (value === 'off') return { drop: undefined };
  const [, direction, bytes, once] = /^(upload|download):(\d{1,12})(:once)?$/.exec(value) ?? [];
  if (direction !== 'upload' && direction !== 'download') return undefined;
  return { drop: { direction, afterBytes: Number(bytes), once: once !== undefined } };
}

function readRefusal(value: string, { refused }: Knobs): Partial<Knobs> | undefined {
  if (value === 'off') return { refused: new Map() };
  const [, verb, code, text = ''] = /^([A-Za-z]{3,4}):([45]\d\d) ([ -~]{1,100})$/.exec(value) ?? [];
  if (verb === undefined) return undefined;
  return { refused: new Map([...refused, [verb.toUpperCase(), { code: Number(code), text }]]) };
}

function readCrash(value: string): Partial<Knobs> | undefined {
  if (value === 'off') return { crash: undefined };
  const [, bytes] = /^log:(\d{1,12})$/.exec(value) ?? [];
  if (bytes !== undefined) return { crash: { afterLogBytes: Number(bytes) } };
  const [isJob, kind = ''] = /^job(?::([a-z]{1,10}))?$/.exec(value) ?? [];
  return isJob === undefined ? undefined : { crash: { atJob: kind } };
}

function readSiteQuit(value: string): Partial<Knobs> | undefined {
  return value === 'on' || value === 'denied' || value === 'off' ? { siteQuit: value } : undefined;
}

function readClock(value: string): Partial<Knobs> | undefined {
  if (value === 'right') return { clockOffsetMs: 0 };
  const atMs = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : { clockOffsetMs: atMs - Date.now() };
}
