import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { DomainError } from '../src/domain/errors.ts';

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
      token: '',
      hosts: [],
      maxJsonBytes: 1_048_576,
      maxArtifactBytes: 8 * 1024 ** 3,
    });
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
    expect(loadConfig({ env }).http).toMatchObject({ host: '0.0.0.0', token: 'opensesame' });
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
