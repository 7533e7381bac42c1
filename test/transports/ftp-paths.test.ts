import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { folderPath, inSpool } from '../../src/transports/ftp-paths.ts';

describe('a path in the spool', () => {
  it.each([
    ['/FLEET98', 'AGENT.NFO', '/FLEET98/AGENT.NFO'],
    ['/FLEET98/', 'IN/1A2B3C4D.JOB', '/FLEET98/IN/1A2B3C4D.JOB'],
    ['/', 'AGENT.NFO', '/AGENT.NFO'],
    ['/C:/PROGRA~1/FLEET98', 'OUT/X.LOG', '/C:/PROGRA~1/FLEET98/OUT/X.LOG'],
  ])('%s + %s', (spool, path, whole) => {
    expect(inSpool(spool, path)).toBe(whole);
  });

  it.each([
    '',
    '/A',
    'A/',
    'A//B',
    '..',
    'A/../B',
    '.',
    '.A',
    'A B',
    'A\\B',
    'A\r\nDELE B',
    'A\0',
    'C:',
    'ä',
    '*',
  ])('refuses %j', (path) => {
    expect(() => inSpool('/FLEET98', path)).toThrow(/plain FTP path/);
  });

  it('never lets a line break or a step upwards through', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('A', '.', '/', '\\', '\r', '\n', '\0', ' ', '-', '~', ':'), {
          maxLength: 12,
        }),
        (parts) => {
          const path = parts.join('');
          let whole: string;
          try {
            whole = inSpool('/S', path);
          } catch {
            return;
          }
          expect(whole).toMatch(/^\/S(\/[A-Z-][A-Z.-]*)+$/);
        },
      ),
    );
  });
});

describe('a folder', () => {
  it.each([
    ['/', '/'],
    ['//FLEET98//', '/FLEET98'],
    ['/DRIVE_C/FLEET98', '/DRIVE_C/FLEET98'],
    ['/My Files/x', '/My Files/x'],
  ])('%s is %s', (path, clean) => {
    expect(folderPath(path)).toBe(clean);
  });

  it.each(['', 'FLEET98', 'C:/FLEET98', '/..', '/A/../B', '/A\r\n', '/A ', '/ A', '/A\\B', '/.'])(
    'refuses %j',
    (path) => {
      expect(() => folderPath(path)).toThrow(/plain FTP path/);
    },
  );
});
