import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DomainError } from '../domain/errors.ts';
import { platformIds, type PlatformId } from '../domain/machine.ts';
import { plainKnobs, turnKnobs } from './knobs.ts';

/** How an FTP server presents itself and what it can do. */
export interface Dress {
  /** Lines of the 220 greeting. */
  readonly greeting: readonly string[];
  /** Text of the 215 reply. */
  readonly syst: string;
  /** Lines of the FEAT reply; null: the server does not know FEAT. */
  readonly feat: readonly string[] | null;
  readonly listing: 'dos' | 'unix';
  readonly epsv: boolean;
  /** Whether REST is known; without it a transfer always starts at the first byte. */
  readonly rest: boolean;
}

/** What kind of PC is simulated; the files are in fixtures/old-pc. */
export interface PcProfile {
  readonly name: string;
  readonly cpu: string;
  readonly mhz: number;
  readonly ramKb: number;
  readonly os: string;
  readonly platform: PlatformId;
  readonly user: string;
  readonly password: string;
  readonly dress: Dress;
  /** Of the network, both ways together; 0: no limit. */
  readonly rateBytesPerSecond: number;
  /** Speed of the engine with the 260K model; 0: as fast as the host. */
  readonly tokensPerSecond: number;
  /** More knobs, `KNOB=VALUE`, as they stand when the PC starts. */
  readonly knobs?: readonly string[];
}

/** The package's own folder, from `src/simulator` as well as from `dist/simulator`. */
export const packageFolder = fileURLToPath(new URL('../../', import.meta.url));

const profileFolder = join(packageFolder, 'fixtures', 'old-pc');

/** The names of all profiles, in order. */
export function profileNames(): readonly string[] {
  return readdirSync(profileFolder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .toSorted();
}

/** Reads a profile of fixtures/old-pc; CONFIG_INVALID when there is none of that name or a key is wrong. */
export function loadProfile(name: string): PcProfile {
  if (!profileNames().includes(name)) {
    throw new DomainError(
      'CONFIG_INVALID',
      `there is no profile "${name}"; known are ${profileNames().join(', ')}`,
    );
  }
  return parseProfile(readFileSync(join(profileFolder, `${name}.json`), 'utf8'), name);
}

/** Understands the text of a profile; CONFIG_INVALID names the key that is wrong. */
export function parseProfile(text: string, name: string): PcProfile {
  const top = new Keys(parseJson(text, name), name, '');
  const dress = top.object('dress');
  const profile: PcProfile = {
    name: top.text('name', /^[a-z0-9][a-z0-9-]{0,30}$/),
    cpu: top.text('cpu'),
    mhz: top.whole('mhz', 1),
    ramKb: top.whole('ramKb', 1),
    os: top.text('os'),
    platform: top.oneOf('platform', platformIds),
    user: top.text('user', /^[!-~]{1,64}$/),
    password: top.text('password', /^[!-~]{1,64}$/),
    dress: readDress(dress),
    rateBytesPerSecond: top.whole('rateBytesPerSecond', 0),
    tokensPerSecond: top.number('tokensPerSecond', 0),
    ...top.optional('knobs', (key) => ({ knobs: readKnobs(top, key, name) })),
  };
  top.refuseOthers();
  dress.refuseOthers();
  return profile;
}

function readKnobs(keys: Keys, key: string, profile: string): readonly string[] {
  const knobs = keys.texts(key, 0);
  try {
    turnKnobs(plainKnobs, knobs);
  } catch (error) {
    const reason = error instanceof DomainError ? error.message : 'they make no sense';
    throw new DomainError('CONFIG_INVALID', `profile "${profile}": ${key}: ${reason}`);
  }
  return knobs;
}

function readDress(keys: Keys): Dress {
  return {
    greeting: keys.texts('greeting', 1),
    syst: keys.text('syst'),
    feat: keys.nullOr('feat', () => keys.texts('feat', 0)),
    listing: keys.oneOf('listing', ['dos', 'unix']),
    epsv: keys.flag('epsv'),
    rest: keys.flag('rest'),
  };
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DomainError('CONFIG_INVALID', `profile "${name}" is not JSON`);
  }
}

const printable = /^[ -~]{1,200}$/;

/** The keys of one JSON object, taken out one by one with their checks. */
class Keys {
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #taken = new Set<string>();
  readonly #profile: string;
  readonly #prefix: string;

  constructor(value: unknown, profile: string, prefix: string) {
    this.#profile = profile;
    this.#prefix = prefix;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new DomainError(
        'CONFIG_INVALID',
        `profile "${profile}": ${prefix || 'the file'} must be an object`,
      );
    }
    this.#values = new Map(Object.entries(value));
  }

  text(key: string, pattern = printable): string {
    const value = this.#take(key);
    return typeof value === 'string' && pattern.test(value)
      ? value
      : this.#refuse(key, `must match ${pattern.source}`);
  }

  texts(key: string, least: number): readonly string[] {
    const value = this.#take(key);
    if (!Array.isArray(value) || value.length < least) return this.#refuse(key, 'must be a list of lines');
    return value.map((line: unknown) =>
      typeof line === 'string' && printable.test(line)
        ? line
        : this.#refuse(key, 'must be a list of printable lines'),
    );
  }

  number(key: string, least: number): number {
    const value = this.#take(key);
    if (typeof value === 'number' && Number.isFinite(value) && value >= least) return value;
    return this.#refuse(key, `must be a number of at least ${least}`);
  }

  whole(key: string, least: number): number {
    const value = this.number(key, least);
    return Number.isSafeInteger(value) ? value : this.#refuse(key, 'must be a whole number');
  }

  flag(key: string): boolean {
    const value = this.#take(key);
    return typeof value === 'boolean' ? value : this.#refuse(key, 'must be true or false');
  }

  oneOf<T extends string>(key: string, choices: readonly T[]): T {
    const value = this.#take(key);
    return (
      choices.find((choice) => choice === value) ?? this.#refuse(key, `must be one of ${choices.join(', ')}`)
    );
  }

  nullOr<T>(key: string, read: () => T): T | null {
    return this.#take(key) === null ? null : read();
  }

  /** Nothing where the key is left out. */
  optional<T extends object>(key: string, read: (key: string) => T): T | undefined {
    return this.#values.has(key) ? read(key) : undefined;
  }

  object(key: string): Keys {
    return new Keys(this.#take(key), this.#profile, key);
  }

  refuseOthers(): void {
    for (const key of this.#values.keys()) if (!this.#taken.has(key)) this.#refuse(key, 'is not known');
  }

  #take(key: string): unknown {
    this.#taken.add(key);
    return this.#values.get(key);
  }

  #refuse(key: string, problem: string): never {
    const name = this.#prefix === '' ? key : `${this.#prefix}.${key}`;
    throw new DomainError('CONFIG_INVALID', `profile "${this.#profile}": ${name} ${problem}`);
  }
}
