import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEpsvPort, parsePasvPort } from '../../../src/ftp/client/passive-replies.ts';

describe('PASV', () => {
  it.each([
    ['227 Entering Passive Mode (192,168,1,100,10,229)', 2789],
    ['227 Entering Passive Mode 192,168,1,100,10,229', 2789],
    ['227 Entering Passive Mode (192, 168, 1, 100, 10, 229)', 2789],
    ['227 Entering Passive Mode (0,0,0,0,195,89)', 50_009],
    ['227-listen socket created\n227 (0,0,0,0,137,217)', 35_289],
    ['227-(1,2,3,4,5,6)\n227 see above', 1286],
    ['227 =10,0,2,15,4,5,9,9', 1029],
    ['227 Entering Passive Mode (127,0,0,1,300,5)', undefined],
    ['227 Entering Passive Mode (127,0,0,1,0,0)', undefined],
    ['227 Entering Passive Mode (127,0', undefined],
    ['227 Entering Passive Mode (127,0,0,1234,4,5)', undefined],
    ['227 ok', undefined],
    ['227', undefined],
  ])('%s', (text, port) => {
    expect(parsePasvPort(text)).toBe(port);
  });

  it('finds the port of every answer of the usual form', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65_535 }), fc.constantFrom('', ' ', '\t'), (port, blank) => {
        const numbers = [10, 0, 0, 1, port >> 8, port & 255].join(`,${blank}`);
        expect(parsePasvPort(`227 Entering Passive Mode (${numbers}).`)).toBe(port);
      }),
    );
  });
});

describe('EPSV', () => {
  it.each([
    ['229 Entering Extended Passive Mode (|||50123|)', 50_123],
    ['229 Entering Extended Passive Mode (!!!50123!)', 50_123],
    ['229 |||50123|', 50_123],
    ['229 Entering Extended Passive Mode (||50123|)', undefined],
    ['229 Entering Extended Passive Mode (|||0|)', undefined],
    ['229 Entering Extended Passive Mode (|||65536|)', undefined],
    ['229 Entering Extended Passive Mode (50123)', undefined],
  ])('%s', (text, port) => {
    expect(parseEpsvPort(text)).toBe(port);
  });
});

it('any text gives a port or nothing', () => {
  const pieces = fc.oneof(
    fc.string(),
    fc.constantFrom('227 ', '229 ', '(', '|||', ',', '1,', '255,', '\n', '9'),
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      for (const port of [parsePasvPort(parts.join('')), parseEpsvPort(parts.join(''))]) {
        if (port === undefined) continue;
        expect(Number.isInteger(port) && port >= 1 && port <= 65_535).toBe(true);
      }
    }),
  );
});
