import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/cli/failures.ts';
import { formatOf, parseInventory, writeInventory } from '../../src/cli/inventory-file.ts';

const csv = `name,host,port,user,password,spool,platform,labels
attic-p2,192.168.1.98,21,fleet,"a,""b",/C/FLEET98,win9x,room=attic;cpu=p2
# the one without a monitor
dos,192.168.1.86,,,,,,
`;
const yaml = `machines:
  - name: attic-p2
    host: 192.168.1.98
    port: 21
    user: fleet
    password: 'a,"b'
    spool: /C/FLEET98
    platform: win9x
    labels: { room: attic, cpu: p2 }
  - { name: dos, host: 192.168.1.86 }
`;
const expected = [
  {
    name: 'attic-p2',
    host: '192.168.1.98',
    port: 21,
    user: 'fleet',
    password: 'a,"b',
    spool: '/C/FLEET98',
    platform: 'win9x',
    labels: { room: 'attic', cpu: 'p2' },
  },
  { name: 'dos', host: '192.168.1.86' },
];

describe('an inventory file', () => {
  test.each([
    ['csv', csv],
    ['csv', `\ufeff${csv.replaceAll('\n', '\r\n')}`],
    ['yaml', yaml],
  ] as const)('is read from %s', (format, text) => {
    expect(parseInventory(text, format).map(({ machine }) => machine)).toEqual(expected);
  });

  test('has machines that come by themselves, with no address', () => {
    const machine = { name: 'attic', transport: 'depot', password: 'x' } as const;
    for (const [format, text] of [
      ['csv', 'name,transport,host,password\nattic,depot,,x\n'],
      ['yaml', 'machines:\n  - { name: attic, transport: depot, password: x }\n'],
    ] as const) {
      expect(parseInventory(text, format)).toEqual([{ where: 'machine 1 of the file', machine }]);
    }
    const there = { ...machine, host: '192.168.98.7', port: 21, user: 'm-1', labels: {} };
    for (const format of ['csv', 'yaml'] as const) {
      const text = writeInventory([there], format);
      expect(text).not.toContain('192.168');
      expect(parseInventory(text, format)[0]?.machine).toEqual({
        name: 'attic',
        transport: 'depot',
        user: 'm-1',
      });
    }
  });

  test.each([
    ['csv', 'name,host\na', 'the CSV cannot be read'],
    [
      'csv',
      'name,host,colour\na,b,red',
      'machine 1 of the file: colour is not one of name, transport, host, port',
    ],
    ['csv', 'name,host\na,b\na,c', 'machine 2 of the file: a is in machine 1 of the file already'],
    ['csv', 'name,host\n,b', 'machine 1 of the file needs a name and a host'],
    ['csv', 'name,transport\na,push', 'machine 1 of the file needs a name and a host'],
    ['csv', 'name,transport\na,pull', 'transport must be one of push, depot'],
    ['csv', 'name,host,port\na,b,ftp', 'port must be a number'],
    ['csv', 'name,host,platform\na,b,win31', 'platform must be one of win9x'],
    ['csv', 'name,host,labels\na,b,attic', 'labels must be KEY=VALUE;KEY=VALUE'],
    ['csv', '"name', 'the CSV cannot be read'],
    ['yaml', 'machines: 3', 'needs a list'],
    ['yaml', '- a', 'needs a list'],
    ['yaml', 'machines:\n  - [a]', 'is not a group of settings'],
    ['yaml', 'machines: &a\n  - name: a\n    host: *a', 'the YAML cannot be read'],
    ['yaml', 'machines:\n  - name: { a: b }\n    host: c', 'name must be a text'],
    ['yaml', 'a: [', 'the YAML cannot be read'],
  ] as const)('is refused with its place: %s %j', (format, text, message) => {
    expect(() => parseInventory(text, format)).toThrow(UsageError);
    expect(() => parseInventory(text, format)).toThrow(message);
  });

  test('of the examples can be read', () => {
    const example = readFileSync(new URL('../../config/fleet.example.yaml', import.meta.url), 'utf8');
    expect(parseInventory(example, 'yaml')).toHaveLength(3);
  });

  test('says its format by its name', () => {
    expect(formatOf('a/shelf.CSV')).toBe('csv');
    expect(formatOf('shelf.yml')).toBe('yaml');
    expect(() => formatOf('shelf.txt')).toThrow('--format');
  });

  test('of any bytes is a list or a UsageError', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('csv', 'yaml'), (text, format) => {
        try {
          return Array.isArray(parseInventory(text, format));
        } catch (error) {
          return error instanceof UsageError;
        }
      }),
    );
  });

  test.each(['csv', 'yaml'] as const)('comes back as it was written, as %s', (format) => {
    const word = fc.stringMatching(/^[ -~]{0,20}$/).map((text) => text.trim());
    const machine = fc.record({
      name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/),
      host: fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}$/),
      port: fc.integer({ min: 1, max: 65_535 }),
      user: word.filter((text) => text !== ''),
      labels: fc.dictionary(
        fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,20}$/),
        word.filter((text) => !/[;=]/.test(text)),
      ),
    });
    fc.assert(
      fc.property(fc.uniqueArray(machine, { selector: ({ name }) => name, maxLength: 5 }), (machines) => {
        const text = writeInventory(machines, format);
        const read = parseInventory(text, format).map(({ machine: there }) => ({ labels: {}, ...there }));
        expect(read).toEqual(machines);
      }),
    );
  });
});
