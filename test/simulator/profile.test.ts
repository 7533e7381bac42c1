import { expect, test } from 'vitest';
import { DomainError } from '../../src/domain/errors.ts';
import { loadProfile, parseProfile, profileNames } from '../../src/simulator/profile.ts';

test('has profiles of at least three speeds and dresses, each under its own name', () => {
  const profiles = profileNames().map(loadProfile);
  expect(profiles.map(({ name }) => name)).toEqual(profileNames());
  expect(new Set(profiles.map((profile) => profile.tokensPerSecond)).size).toBeGreaterThanOrEqual(3);
  expect(new Set(profiles.map((profile) => JSON.stringify(profile.dress))).size).toBeGreaterThanOrEqual(3);
});

test('names the known profiles for one that is unknown', () => {
  expect(() => loadProfile('../package')).toThrow(/no profile "\.\.\/package"; known are .*pentium2-win98/);
});

const good = {
  name: 'pc',
  cpu: 'Pentium',
  mhz: 100,
  ramKb: 16384,
  os: 'Windows 95',
  platform: 'win9x',
  user: 'fleet',
  password: 'secret',
  dress: { greeting: ['ready'], syst: 'Windows_NT', feat: null, listing: 'dos', epsv: false, rest: true },
  rateBytesPerSecond: 0,
  tokensPerSecond: 1.5,
};

test('reads a profile', () => {
  expect(parseProfile(JSON.stringify(good), 'pc')).toEqual(good);
});

test('reads the knobs of a profile', () => {
  const text = JSON.stringify({ ...good, knobs: ['clock=1980-01-01', 'disk=500000'] });
  expect(parseProfile(text, 'pc').knobs).toEqual(['clock=1980-01-01', 'disk=500000']);
});

test.each([
  ['name', { ...good, name: 'Not A Name' }],
  ['cpu', { ...good, cpu: '' }],
  ['mhz', { ...good, mhz: 'fast' }],
  ['ramKb', { ...good, ramKb: 1.5 }],
  ['platform', { ...good, platform: 'beos' }],
  ['password', { ...good, password: 'with blank' }],
  ['tokensPerSecond', { ...good, tokensPerSecond: -1 }],
  ['colour', { ...good, colour: 'beige' }],
  ['dress', { ...good, dress: [] }],
  ['dress.greeting', { ...good, dress: { ...good.dress, greeting: [] } }],
  ['dress.feat', { ...good, dress: { ...good.dress, feat: ['two\nlines'] } }],
  ['dress.listing', { ...good, dress: { ...good.dress, listing: 'vms' } }],
  ['dress.epsv', { ...good, dress: { ...good.dress, epsv: 'no' } }],
  ['knobs', { ...good, knobs: 'disk=1' }],
  ['knobs', { ...good, knobs: ['disk=1', 'turbo=on'] }],
  ['dress.hat', { ...good, dress: { ...good.dress, hat: true } }],
])('refuses a wrong %s and names it', (key, value) => {
  let thrown: unknown;
  try {
    parseProfile(JSON.stringify(value), 'pc');
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(DomainError);
  expect(thrown).toMatchObject({ code: 'CONFIG_INVALID' });
  expect(String(thrown)).toMatch(new RegExp(`"pc": ${key}:? `));
});
