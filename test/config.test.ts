import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { DomainError } from '../src/domain/errors.ts';
import { parametersOf } from '../src/domain/leaderboard.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleet98-config-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileWith(text: string): string {
  const path = join(folder, 'fleet.yaml');
  writeFileSync(path, text);
  return path;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function refusal(options: { yaml?: string; env?: NodeJS.ProcessEnv }): string {
  try {
    loadConfig({
      env: options.env ?? {},
      ...(options.yaml === undefined ? {} : { configFile: fileWith(options.yaml) }),
    });
  } catch (error) {
    if (error instanceof DomainError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
  throw new Error('the settings were taken');
}

describe('the defaults', () => {
  test('are those of config/default.yaml', () => {
    const config = loadConfig({ env: {} });
    expect(config.http).toEqual({
      host: '127.0.0.1',
      port: 9898,
      hosts: [],
      maxJsonBytes: 1_048_576,
      maxArtifactBytes: 8 * 1024 ** 3,
      stallMs: 60_000,
    });
    expect(config.tokens).toEqual([]);
    expect(config.dataDir).toBe(resolve('.fleet98'));
    expect(config.logLevel).toBe('info');
    expect(config.deploy.parallel).toBe(8);
    expect(config.run).toMatchObject({ pollMinMs: 1000, pollMaxMs: 15_000, logMaxBytes: 8_388_608 });
    expect(config.allowedNetworks).toContain('192.168.0.0/16');
  });

  test('cannot be changed', () => {
    const config = loadConfig({ env: {} });
    expect(Object.isFrozen(config) && Object.isFrozen(config.http)).toBe(true);
    expect(Object.isFrozen(config.allowedNetworks)).toBe(true);
  });
});

describe('precedence', () => {
  test('a file beats the defaults and leaves the rest of a group alone', () => {
    const config = loadConfig({ configFile: fileWith('http:\n  port: 9000\n'), env: {} });
    expect(config.http).toMatchObject({ port: 9000, host: '127.0.0.1' });
  });

  test('FLEET98_CONFIG names a file, and the argument beats it', () => {
    const env = { FLEET98_CONFIG: join(folder, 'missing.yaml') };
    expect(loadConfig({ configFile: fileWith('log_level: warn'), env }).logLevel).toBe('warn');
    expect(loadConfig({ env: { FLEET98_CONFIG: fileWith('log_level: debug') } }).logLevel).toBe('debug');
  });

  test('a variable beats the file', () => {
    const configFile = fileWith('http:\n  port: 9000\nallowed_networks: [10.0.0.0/8]\n');
    const env = {
      FLEET98_HTTP_PORT: '0',
      FLEET98_ALLOWED_NETWORKS: '192.168.1.0/24, fd00::/8',
      FLEET98_DATA_DIR: '/var/lib/fleet98',
    };
    const config = loadConfig({ configFile, env });
    expect(config.http.port).toBe(0);
    expect(config.allowedNetworks).toEqual(['192.168.1.0/24', 'fd00::/8']);
    expect(config.dataDir).toBe(resolve('/var/lib/fleet98'));
  });

  test('an empty file and a foreign variable change nothing', () => {
    const plain = loadConfig({ env: {} });
    const env = { FLEET98_URL: 'http://x', FLEET98_TOKEN: 'x', FLEET98_STRICT: '1', HTTP_PORT: '1' };
    expect(loadConfig({ configFile: fileWith('# nothing\n'), env })).toEqual(plain);
  });
});

describe('a refusal names the setting, where it came from and the fix', () => {
  test.each<[string, { yaml?: string; env?: NodeJS.ProcessEnv }, string[]]>([
    [
      'wrong type',
      { yaml: 'http:\n  port: many' },
      ['http.port', 'fleet.yaml', 'a whole number from 0 to 65535'],
    ],
    [
      'out of range',
      { env: { FLEET98_HTTP_PORT: '65536' } },
      ['http.port', 'FLEET98_HTTP_PORT', 'from 0 to 65535'],
    ],
    [
      'not a number',
      { env: { FLEET98_DEPLOY_PARALLEL: '1e3' } },
      ['deploy.parallel', 'FLEET98_DEPLOY_PARALLEL'],
    ],
    ['empty number', { env: { FLEET98_HTTP_PORT: '' } }, ['http.port', 'FLEET98_HTTP_PORT']],
    ['unknown key', { yaml: 'http:\n  prot: 1' }, ['http.prot', 'fleet.yaml', 'config/default.yaml']],
    ['unknown group', { yaml: 'htpp: {}' }, ['htpp', 'fleet.yaml', 'config/default.yaml']],
    ['prototype key', { yaml: '__proto__: {a: 1}' }, ['__proto__', 'fleet.yaml']],
    ['unknown variable', { env: { FLEET98_HTTP_PROT: '1' } }, ['FLEET98_HTTP_PROT', 'config/default.yaml']],
    ['group as a value', { yaml: 'http: 9000' }, ['http', 'fleet.yaml', 'a group of settings']],
    ['value as a group', { yaml: 'log_level: {a: 1}' }, ['log_level', 'fleet.yaml', 'one of fatal']],
    [
      'log level',
      { env: { FLEET98_LOG_LEVEL: 'loud' } },
      ['log_level', 'FLEET98_LOG_LEVEL', 'one of fatal, error'],
    ],
    [
      'list item',
      { yaml: 'allowed_networks: [10.0.0.0/8, 7]' },
      ['allowed_networks', 'fleet.yaml', 'a list of'],
    ],
    [
      'network',
      { yaml: 'allowed_networks: [10.0.0.0/33]' },
      ['allowed_networks', 'fleet.yaml', '10.0.0.0/33'],
    ],
    [
      'network',
      { env: { FLEET98_ALLOWED_NETWORKS: '300.0.0.0/8' } },
      ['FLEET98_ALLOWED_NETWORKS', '300.0.0.0/8'],
    ],
    [
      'open address',
      { env: { FLEET98_HTTP_HOST: '0.0.0.0' } },
      ['http.host', 'FLEET98_HTTP_HOST', 'set a token'],
    ],
    [
      'false loopback',
      { yaml: "http: {host: '127.0.0.1.example.org'}" },
      ['http.host', 'fleet.yaml', 'set a token'],
    ],
    [
      'order',
      { yaml: 'run: {poll_min_ms: 20000}' },
      ['run.poll_min_ms', 'fleet.yaml', 'config/default.yaml', '15000'],
    ],
    ['not YAML', { yaml: 'http: [' }, ['fleet.yaml', 'not YAML']],
    ['a list', { yaml: '- 1' }, ['fleet.yaml', 'must hold settings']],
    ['no file', { env: { FLEET98_CONFIG: '/nowhere/f.yaml' } }, ['/nowhere/f.yaml', 'cannot be read']],
  ])('%s', (_, options, words) => {
    const message = refusal(options);
    for (const word of words) expect(message).toContain(word);
  });

  test('and never shows a token', () => {
    expect(refusal({ env: { FLEET98_HTTP_TOKEN: 'secret word' } })).not.toContain('secret');
  });

  test.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost'])('%s needs no token', (host) => {
    expect(loadConfig({ env: { FLEET98_HTTP_HOST: host } }).http.host).toBe(host);
  });

  test('any address is fine with a token', () => {
    const env = { FLEET98_HTTP_HOST: '0.0.0.0', FLEET98_HTTP_TOKEN: 'opensesame' };
    const config = loadConfig({ env });
    expect(config.http.host).toBe('0.0.0.0');
    expect(config.tokens).toEqual([{ name: 'default', role: 'operate', sha256: sha256('opensesame') }]);
  });
});

const settingsWith = (...tokens: object[]) => JSON.stringify({ http: { tokens } });

describe('tokens', () => {
  const word = 'sixteen-letters-';
  const wall = { name: 'wall', role: 'view', token: word };

  test.each([
    ['as it is', { token: word }, {}],
    ['by the name of a variable', { token_env: 'WALL_TOKEN' }, { WALL_TOKEN: word }],
    ['by its digest', { token_sha256: sha256(word) }, {}],
  ])('are given %s, and kept as digests', (_, given, env) => {
    const configFile = fileWith(settingsWith({ name: 'wall', role: 'view', ...given }));
    const config = loadConfig({ configFile, env: { ...env, FLEET98_HTTP_TOKEN: 'opensesame' } });
    expect(config.tokens).toEqual([
      { name: 'default', role: 'operate', sha256: sha256('opensesame') },
      { name: 'wall', role: 'view', sha256: sha256(word) },
    ]);
    expect(JSON.stringify(config)).not.toMatch(new RegExp(`${word}|opensesame`));
  });

  test('open an address that is not loopback', () => {
    const configFile = fileWith(settingsWith(wall));
    expect(loadConfig({ configFile, env: { FLEET98_HTTP_HOST: '0.0.0.0' } }).tokens).toHaveLength(1);
  });

  test.each<[string, object[], string]>([
    ['no name', [{ role: 'view', token: word }], 'http.tokens'],
    ['another role', [{ ...wall, role: 'admin' }], 'role (view or operate)'],
    ['a field too many', [{ ...wall, secret: word }], 'http.tokens.secret'],
    ['a short text', [{ ...wall, token: 'short' }], '16 to 512'],
    ['no text', [{ name: 'wall', role: 'view' }], 'one of token, token_env, token_sha256'],
    ['two texts', [{ ...wall, token_env: 'X' }], 'one of token, token_env, token_sha256'],
    ['a variable that is not set', [{ name: 'wall', role: 'view', token_env: 'NO_SUCH' }], 'the token wall'],
    ['one name twice', [wall, { ...wall, token: `${word}2` }], 'needs another name'],
    ['the name of nobody', [{ ...wall, name: 'local' }], 'needs another name'],
    ['one text twice', [wall, { ...wall, name: 'other' }], 'has the text of another'],
  ])('with %s are refused, without the text', (_, tokens, reason) => {
    const message = refusal({ yaml: settingsWith(...tokens) });
    expect(message).toContain(reason);
    expect(message).not.toContain(word);
  });
});

describe('the leaderboard', () => {
  test('that is packaged has real and emulated results of models whose size is known', () => {
    const { leaderboard } = loadConfig({ env: {} });
    expect(leaderboard.length).toBeGreaterThan(30);
    expect(leaderboard.filter(({ checkpoint }) => parametersOf(checkpoint) === undefined)).toEqual([]);
    expect(new Set(leaderboard.map(({ kind }) => kind))).toEqual(new Set(['real', 'emulated']));
    const ranges = leaderboard.flatMap(({ tokensPerSecond, tokensPerSecondTo }) =>
      tokensPerSecondTo === undefined ? [] : [[tokensPerSecond, tokensPerSecondTo]],
    );
    expect(ranges.length).toBeGreaterThan(0);
    for (const [from = 0, to = 0] of ranges) expect(to).toBeGreaterThan(from);
    // Two results of one machine, engine and model would be one result that was written down twice.
    const keys = leaderboard.map((entry) => [entry.machine, entry.engine, entry.checkpoint].join('; '));
    expect(new Set(keys).size).toBe(keys.length);
    expect(leaderboard).toContainEqual(
      expect.objectContaining({ machine: '486 DX2-66, 32 MB', checkpoint: '260K', tokensPerSecond: 2.08 }),
    );
  });

  const entry =
    'machine: mine, engine: x, checkpoint: 15M, kind: real, tokens_per_second: 2, definition: not-stated, source: y';

  test('can be one’s own', () => {
    const own = join(folder, 'own.yaml');
    writeFileSync(own, `results: [{${entry}}]`);
    const { leaderboard } = loadConfig({ env: { FLEET98_LEADERBOARD_FILE: own } });
    expect(leaderboard).toEqual([
      {
        machine: 'mine',
        engine: 'x',
        checkpoint: '15M',
        kind: 'real',
        tokensPerSecond: 2,
        definition: 'not-stated',
        source: 'y',
      },
    ]);
  });

  test.each([
    ['results: []\nmore: 1', 'config/leaderboard.yaml shows the form'],
    [`results: [{${entry}}, {${entry.replace('real', 'simulated')}}]`, 'results/1/kind'],
    [`results: [{${entry.replace('15M', 'large')}}]`, 'results/0/checkpoint'],
    [`results: [{${entry.replace('second: 2', 'second: 0')}}]`, 'results/0/tokens_per_second'],
    ['- 1', 'must hold'],
  ])('%s is refused', (text, words) => {
    const own = join(folder, 'own.yaml');
    writeFileSync(own, text);
    const message = refusal({ env: { FLEET98_LEADERBOARD_FILE: own } });
    expect(message).toContain('own.yaml');
    expect(message).toContain(words);
  });

  test('that is not there is refused, and the setting is named', () => {
    const message = refusal({ yaml: 'leaderboard_file: /nowhere/l.yaml' });
    for (const word of ['/nowhere/l.yaml', 'leaderboard_file', 'fleet.yaml']) expect(message).toContain(word);
  });
});

test('every setting can be given by a variable of its own', () => {
  const text = readFileSync(new URL('../config/default.yaml', import.meta.url), 'utf8');
  let group = '';
  const variables: string[] = [];
  for (const line of text.split('\n')) {
    const name = /^( {2})?([a-z][a-z0-9_]*):(.*)$/.exec(line);
    if (!name) continue;
    if (name[1] === undefined) group = '';
    if (name[1] === undefined && name[3] === '' && name[2] !== 'allowed_networks') group = `${name[2]}_`;
    else variables.push(`FLEET98_${group}${name[2]}`.toUpperCase());
  }
  expect(variables).toContain('FLEET98_HTTP_MAX_JSON_BYTES');
  expect(new Set(variables).size).toBe(variables.length);
  for (const variable of variables) {
    if (/_(TOKEN|HOSTS|HOST|DATA_DIR)$/.test(variable)) continue;
    expect(refusal({ env: { [variable]: ' , ? ' } })).toContain(variable);
  }
});
