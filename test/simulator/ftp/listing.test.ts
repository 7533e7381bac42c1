import { expect, test } from 'vitest';
import { dosLine, unixLine } from '../../../src/simulator/ftp/listing.ts';

const entry = (name: string, size: number, time: string, isFolder = false) => ({
  name,
  size,
  mtime: new Date(time),
  isDirectory: () => isFolder,
});

test.each([
  [entry('AGENT.EXE', 1234, '1998-06-25T00:05:00Z'), '06-25-98  12:05AM                 1234 AGENT.EXE'],
  [entry('A', 0, '2024-12-01T12:00:00Z'), '12-01-24  12:00PM                    0 A'],
  [entry('FLEET98', 4096, '2000-02-29T23:59:00Z', true), '02-29-00  11:59PM       <DIR>          FLEET98'],
])('writes a DOS line', (file, line) => {
  expect(dosLine(file)).toBe(line);
});

test.each([
  [
    entry('AGENT.EXE', 1234, '2024-12-01T09:05:00Z'),
    '-rwxr-xr-x   1 ftp      ftp           1234 Dec  1 09:05 AGENT.EXE',
  ],
  [
    entry('OLD', 7, '1998-06-25T00:05:00Z', true),
    'drwxr-xr-x   1 ftp      ftp              7 Jun 25  1998 OLD',
  ],
])('writes a Unix line', (file, line) => {
  expect(unixLine(file, Date.parse('2025-01-01T00:00:00Z'))).toBe(line);
});
