import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { resolve } from 'node:path';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { Check, Errors } from 'typebox/schema';
import { parse } from 'yaml';
import type { AccessToken } from './api/parts.ts';
import { LeaderboardFile } from './contract/leaderboard.ts';
import { DomainError } from './domain/errors.ts';

// A description says what the setting takes: it ends up in the error message as the fix.
const number = (minimum: number, maximum: number) =>
  Type.Integer({ minimum, maximum, description: `a whole number from ${minimum} to ${maximum}` });
const DAY_MS = 86_400_000;
const milliseconds = number(1, DAY_MS);
const seconds = number(0, 31_536_000);
const section = <T extends Type.TProperties>(properties: T) =>
  Type.Object(properties, { additionalProperties: false, description: 'a group of settings' });
const list = (pattern: string, description: string) =>
  Type.Array(Type.String({ pattern, maxLength: 255 }), { maxItems: 256, description });

const LONG_TOKEN = '^[!-~]{16,512}$';
const accessToken = section({
  name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' }),
  role: Type.Enum(['view', 'operate']),
  token: Type.Optional(Type.String({ pattern: LONG_TOKEN })),
  token_env: Type.Optional(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,99}$' })),
  token_sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
});

const settings = section({
  data_dir: Type.String({ minLength: 1, maxLength: 4096, description: 'the path of a folder' }),
  log_level: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    description: 'one of fatal, error, warn, info, debug, trace, silent',
  }),
  http: section({
    host: Type.String({ pattern: '^[0-9A-Za-z.:%_-]{1,255}$', description: 'an address or a host name' }),
    port: number(0, 65_535),
    token: Type.String({
      pattern: '^[!-~]{0,512}$',
      description: 'at most 512 visible ASCII characters without spaces',
    }),
    tokens: Type.Array(accessToken, {
      maxItems: 256,
      description:
        'a list, in a settings file, of: name, role (view or operate), and one of token (16 to 512 visible ASCII characters), token_env, token_sha256',
    }),
    hosts: list('^[0-9A-Za-z.:_-]+$', 'a list of host names'),
    max_json_bytes: number(1024, 67_108_864),
    max_artifact_bytes: number(1, 1_099_511_627_776),
    stall_ms: milliseconds,
  }),
  door: section({
    host: Type.String({ pattern: '^[0-9.]{7,15}$', description: 'an IPv4 address' }),
    ftp_port: number(0, 65_535),
    http_port: number(0, 65_535),
  }),
  depot: section({ every_seconds: number(1, 86_400), bytes_per_second: number(0, 1_000_000_000) }),
  leaderboard_file: Type.String({ maxLength: 4096, description: 'the path of a file' }),
  allowed_networks: list(
    '^[0-9A-Fa-f.:]+/[0-9]{1,3}$',
    'a list of networks such as 192.168.0.0/16 or fd00::/8',
  ),
  ftp: section({
    connect_ms: milliseconds,
    reply_ms: milliseconds,
    stall_ms: milliseconds,
    write_chunk_bytes: number(512, 1_048_576),
  }),
  deploy: section({
    parallel: number(1, 1024),
    give_up_hours: number(1, 8760),
    retry_min_ms: milliseconds,
    retry_max_ms: milliseconds,
    read_back_max_bytes: number(0, 1_099_511_627_776),
  }),
  run: section({
    poll_min_ms: milliseconds,
    poll_max_ms: milliseconds,
    limit_seconds: seconds,
    quiet_seconds: seconds,
    log_max_bytes: number(4096, 1_073_741_824),
    late_after_seconds: seconds,
    unreachable_after_seconds: seconds,
    lost_after_seconds: seconds,
  }),
  retention: section({ log_days: number(0, 36_500) }),
  jobs: section({ wait_ms: milliseconds, poll_ms: milliseconds }),
});

type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;
type CamelKeys<T> = T extends readonly (infer Item)[]
  ? readonly Item[]
  : T extends object
    ? { readonly [Key in keyof T as CamelCase<Key & string>]: CamelKeys<T[Key]> }
    : T;

/**
 * Every setting, checked and frozen; the names of `config/default.yaml` in camelCase. `dataDir` is absolute.
 * `leaderboard` is what is in the leaderboard's file, `tokens` who may ask.
 */
export type Config = CamelKeys<Checked> & {
  /** Those of `http.token` and `http.tokens`; of none is the text kept. */
  readonly tokens: readonly AccessToken[];
  readonly leaderboard: readonly CamelKeys<PublishedEntry>[];
};
type Settings = Static<typeof settings>;
type Checked = Omit<Settings, 'http'> & { http: Omit<Settings['http'], 'token' | 'tokens'> };
type PublishedEntry = Static<typeof LeaderboardFile>['results'][number];

type Group = { [key: string]: unknown };
interface Leaf {
  readonly key: string;
  readonly type: string | undefined;
}

const isGroup = (value: unknown): value is Group =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fail = (detail: string, options?: ErrorOptions): DomainError =>
  new DomainError('CONFIG_INVALID', detail, options);

/** The schema of a setting; of a part of a list that of the whole list, which has the description. */
function schemaAt(key: string): Group {
  let at: Group = { ...settings };
  for (const part of key.split('.')) {
    const next = isGroup(at['properties']) ? at['properties'][part] : undefined;
    if (!isGroup(next)) break;
    at = next;
  }
  return at;
}

function leavesOf(schema: unknown, prefix = ''): Leaf[] {
  if (!isGroup(schema) || !isGroup(schema['properties'])) return [];
  return Object.entries(schema['properties']).flatMap(([name, child]) => {
    const key = `${prefix}${name}`;
    if (isGroup(child) && isGroup(child['properties'])) return leavesOf(child, `${key}.`);
    return [{ key, type: isGroup(child) && typeof child['type'] === 'string' ? child['type'] : undefined }];
  });
}

const leaves = leavesOf(settings);
const variableOf = (key: string): string => `FLEET98_${key.toUpperCase().replaceAll('.', '_')}`;

const MAX_FILE_BYTES = 1_048_576;
const defaultsFile = new URL('../config/default.yaml', import.meta.url);
const leaderboardFile = new URL('../config/leaderboard.yaml', import.meta.url);

function readYaml(file: string | URL, name: string): Group {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw fail(`the settings file ${name} cannot be read; check the path and its permissions`, {
      cause: error,
    });
  }
  if (text.length > MAX_FILE_BYTES)
    throw fail(`the settings file ${name} is larger than ${MAX_FILE_BYTES} bytes`);
  try {
    const parsed: unknown = parse(text);
    if (parsed === null) return {};
    if (isGroup(parsed)) return parsed;
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : '';
    throw fail(`the settings file ${name} is not YAML: ${why}`, { cause: error });
  }
  throw fail(`the settings file ${name} must hold settings such as \`log_level: info\``);
}

function fromText(text: string, type: string | undefined): unknown {
  if (type === 'integer') return /^-?\d+$/.test(text.trim()) ? Number(text) : text;
  if (type === 'array') {
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  }
  return text;
}

/** Where the value of each setting was given: the file or the variable. */
class Layers {
  readonly values: Group = {};
  readonly #sources = new Map<string, string>();

  /** Lays a file's settings over those that are there. Groups are merged, everything else is replaced. */
  add(group: Group, source: string, into: Group = this.values, prefix = ''): void {
    for (const [name, value] of Object.entries(group)) {
      const key = `${prefix}${name}`;
      const there = Object.hasOwn(into, name) ? into[name] : undefined;
      if (isGroup(value) && isGroup(there)) {
        this.add(value, source, there, `${key}.`);
      } else {
        Object.defineProperty(into, name, { value, enumerable: true, configurable: true, writable: true });
        this.#sources.set(key, source);
      }
    }
  }

  set(key: string, value: unknown, source: string): void {
    const [group, name] = key.split('.');
    this.add(name === undefined ? { [key]: value } : { [group ?? '']: { [name]: value } }, source);
  }

  sourceOf(key: string): string {
    for (let at = key; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
      const source = this.#sources.get(at);
      if (source) return source;
    }
    return 'config/default.yaml';
  }
}

function addVariables(layers: Layers, env: NodeJS.ProcessEnv): void {
  const known = new Set(['FLEET98_CONFIG']);
  for (const { key, type } of leaves) {
    const variable = variableOf(key);
    known.add(variable);
    const text = env[variable];
    if (text !== undefined) layers.set(key, fromText(text, type), variable);
  }
  // Other FLEET98_ variables are fine (machine passwords, the CLI's own); one that looks like a setting is a slip.
  const stems = new Set(leaves.map(({ key }) => variableOf(key.split('.')[0] ?? '')));
  for (const variable of Object.keys(env)) {
    if (known.has(variable)) continue;
    const stem = [...stems].find((name) => variable === name || variable.startsWith(`${name}_`));
    if (stem) throw fail(`${variable} is not a setting; config/default.yaml lists all of them`);
  }
}

function check(layers: Layers): Static<typeof settings> {
  const { values } = layers;
  if (Check(settings, values)) return values;
  const [, errors] = Errors(settings, values);
  const unknown = errors.find((error) => error.keyword === 'boolean');
  const path = (unknown ?? errors[0])?.instancePath.slice(1).split('/') ?? [];
  const key = path.filter((part) => !/^\d+$/.test(part)).join('.');
  const source = layers.sourceOf(key);
  if (unknown) throw fail(`${key} (from ${source}) is not a setting; config/default.yaml lists all of them`);
  throw fail(`${key} (from ${source}) has a wrong value; give ${String(schemaAt(key)['description'])}`);
}

function isNetwork(text: string): boolean {
  const [address = '', bits = ''] = text.split('/');
  const version = isIP(address);
  try {
    new BlockList().addSubnet(address, Number(bits), version === 6 ? 'ipv6' : 'ipv4');
    return version !== 0;
  } catch {
    return false;
  }
}

/** Whether only this computer can reach a listener on that address. */
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

function checkTogether(value: Static<typeof settings>, layers: Layers): void {
  const { http, deploy, run } = value;
  if (!isLoopback(http.host) && http.token === '' && http.tokens.length === 0) {
    const source = layers.sourceOf('http.host');
    throw fail(
      `http.host (from ${source}) is not a loopback address and http.token is empty; set a token, or listen on 127.0.0.1`,
    );
  }
  const network = value.allowed_networks.find((text) => !isNetwork(text));
  if (network !== undefined) {
    const source = layers.sourceOf('allowed_networks');
    throw fail(
      `allowed_networks (from ${source}): ${network} is not a network; write it like 192.168.0.0/16`,
    );
  }
  const ascending: [string, number, string, number][] = [
    ['deploy.retry_min_ms', deploy.retry_min_ms, 'deploy.retry_max_ms', deploy.retry_max_ms],
    ['run.poll_min_ms', run.poll_min_ms, 'run.poll_max_ms', run.poll_max_ms],
    [
      'run.late_after_seconds',
      run.late_after_seconds,
      'run.unreachable_after_seconds',
      run.unreachable_after_seconds,
    ],
    [
      'run.unreachable_after_seconds',
      run.unreachable_after_seconds,
      'run.lost_after_seconds',
      run.lost_after_seconds,
    ],
  ];
  for (const [low, least, high, most] of ascending) {
    if (least <= most) continue;
    const source = layers.sourceOf(low);
    throw fail(
      `${low} (from ${source}) is larger than ${high} (from ${layers.sourceOf(high)}); make it at most ${most}`,
    );
  }
}

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

function frozen<T>(value: T): CamelKeys<T>;
function frozen(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze([...value]);
  if (!isGroup(value)) return value;
  return Object.freeze(
    Object.fromEntries(Object.entries(value).map(([name, child]) => [camelCase(name), frozen(child)])),
  );
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

type GivenToken = Static<typeof accessToken>;

/** The digest of a token that was given in one of three ways; undefined when it was not, or in more than one. */
function digestOf(
  { token, token_env, token_sha256 }: GivenToken,
  env: NodeJS.ProcessEnv,
): string | undefined {
  if ([token, token_env, token_sha256].filter((given) => given !== undefined).length !== 1) return undefined;
  if (token_sha256 !== undefined) return token_sha256;
  const text = token ?? env[token_env ?? ''] ?? '';
  return new RegExp(LONG_TOKEN).test(text) ? sha256(text) : undefined;
}

/** `http.token` is the one called default. Every token has a name and a text of its own. */
function readTokens(http: Settings['http'], env: NodeJS.ProcessEnv, layers: Layers): AccessToken[] {
  const wrong = (name: string, what: string): DomainError =>
    fail(`http.tokens (from ${layers.sourceOf('http.tokens')}): the token ${name} ${what}`);
  const tokens: AccessToken[] =
    http.token === '' ? [] : [{ name: 'default', role: 'operate', sha256: sha256(http.token) }];
  for (const given of http.tokens) {
    const { name, role } = given;
    const digest = digestOf(given, env);
    if (digest === undefined) {
      throw wrong(
        name,
        'needs one of token, token_env, token_sha256, and 16 to 512 visible ASCII characters',
      );
    }
    if (name === 'local' || tokens.some((token) => token.name === name)) {
      throw wrong(name, 'needs another name; this one is taken');
    }
    if (tokens.some((token) => token.sha256 === digest)) throw wrong(name, 'has the text of another one');
    tokens.push(Object.freeze({ name, role, sha256: digest }));
  }
  return tokens;
}

function readLeaderboard(layers: Layers, file: string): Config['leaderboard'] {
  const source = layers.sourceOf('leaderboard_file');
  const name = file === '' ? 'config/leaderboard.yaml' : `${file} (leaderboard_file from ${source})`;
  const content = readYaml(file === '' ? leaderboardFile : file, name);
  if (Check(LeaderboardFile, content)) return content.results.map((entry) => frozen(entry));
  const [, [first]] = Errors(LeaderboardFile, content);
  const where = first?.instancePath.slice(1) ?? '';
  throw fail(`${name}: ${where === '' ? 'it' : where} is wrong; config/leaderboard.yaml shows the form`);
}

/**
 * The settings: config/default.yaml, then the YAML file (given here or by FLEET98_CONFIG), then the environment.
 * Throws CONFIG_INVALID naming the setting, where it was given, and the fix.
 */
export function loadConfig(options: {
  readonly configFile?: string;
  readonly env: NodeJS.ProcessEnv;
}): Config {
  const { env } = options;
  const layers = new Layers();
  layers.add(readYaml(defaultsFile, 'config/default.yaml'), 'config/default.yaml');
  const file = options.configFile ?? env['FLEET98_CONFIG'];
  if (file) layers.add(readYaml(file, file), file);
  addVariables(layers, env);
  const value = check(layers);
  checkTogether(value, layers);
  const leaderboard = readLeaderboard(layers, value.leaderboard_file);
  const tokens = Object.freeze(readTokens(value.http, env, layers));
  const { token: _token, tokens: _tokens, ...http } = value.http;
  const checked: Checked = { ...value, http, data_dir: resolve(value.data_dir) };
  return Object.freeze({ ...frozen(checked), leaderboard, tokens });
}
