import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DomainError } from '../../src/domain/errors.ts';
import { parseKnob, plainKnobs, turnKnobs } from '../../src/simulator/knobs.ts';

const upload = { direction: 'upload', afterBytes: 100, once: false };

test.each([
  ['tokens=35.9', { tokensPerSecond: 35.9 }],
  ['tokens=0', { tokensPerSecond: 0 }],
  ['ram=16384', { ramKb: 16_384 }],
  ['disk=20000', { diskKb: 20_000 }],
  ['rate=350000', { rateBytesPerSecond: 350_000 }],
  ['delay=200', { replyDelayMs: 200 }],
  ['drop=upload:100', { drop: upload }],
  ['drop=download:0:once', { drop: { direction: 'download', afterBytes: 0, once: true } }],
  ['drop=off', { drop: undefined }],
  ['refuse=size:502 Not today', { refused: new Map([['SIZE', { code: 502, text: 'Not today' }]]) }],
  ['refuse=off', { refused: new Map() }],
  ['crash=log:5000', { crash: { afterLogBytes: 5000 } }],
  ['crash=job:place', { crash: { atJob: 'place' } }],
  ['crash=job', { crash: { atJob: '' } }],
  ['crash=off', { crash: undefined }],
  ['clock=right', { clockOffsetMs: 0 }],
])('reads %s', (text, change) => {
  expect(parseKnob(text, plainKnobs)).toEqual(change);
});

test('sets the clock by a date', () => {
  const { clockOffsetMs = 0 } = parseKnob('clock=1980-01-01', plainKnobs);
  expect(new Date(Date.now() + clockOffsetMs).toISOString()).toMatch(/^1980-01-01T00:00:/);
});

test('adds one refused command to another', () => {
  const { refused } = turnKnobs(plainKnobs, [
    'refuse=SIZE:500 No',
    'refuse=REST:502 No',
    'refuse=SIZE:550 Never',
  ]);
  expect([...refused]).toEqual([
    ['SIZE', { code: 550, text: 'Never' }],
    ['REST', { code: 502, text: 'No' }],
  ]);
});

test.each([
  ['colour=beige', 'knobs are tokens, ram, disk, rate, delay, drop, refuse, crash, clock'],
  ['tokens', 'must be KNOB=VALUE'],
  ['tokens=fast', 'must be a number of tokens per second'],
  ['ram=0', 'whole number of KB'],
  ['disk=1.5', 'whole number of KB'],
  ['rate=-1', 'bytes per second'],
  ['delay=9999999', 'at most 600000'],
  ['drop=sideways:1', 'upload:BYTES'],
  ['drop=upload', 'upload:BYTES'],
  ['refuse=SIZE', 'VERB:CODE TEXT'],
  ['refuse=SIZE:200 ok', 'from 400 to 599'],
  ['crash=now', 'log:BYTES'],
  ['clock=yesterday', 'a date'],
  ['clock=1980-13-01', 'a date'],
  ['constructor=1', 'KNOB=VALUE'],
])('refuses %s and says what is possible', (text, words) => {
  expect(() => parseKnob(text, plainKnobs)).toThrow(DomainError);
  expect(() => parseKnob(text, plainKnobs)).toThrow(words);
});

test('understands or refuses any text', () => {
  const texts = fc.oneof(fc.string(), fc.tuple(fc.constantFrom('drop', 'refuse', 'clock'), fc.string()));
  fc.assert(
    fc.property(texts, (text) => {
      try {
        parseKnob(typeof text === 'string' ? text : text.join('='), plainKnobs);
      } catch (error) {
        expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
        expect(String(error)).toMatch(/^[ -~]+$/);
      }
    }),
  );
});
