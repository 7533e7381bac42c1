import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJob } from '../../../src/simulator/agent/jobs.ts';

const head = ['v=1', 'id=0000000A', 'token=0123456789ABCDEF', 'daemon=FEDCBA9876543210'];
const read = (lines: readonly string[]) =>
  readJob('0000000A', Buffer.from([...head, ...lines, 'eof=1', ''].join('\r\n')));

test('understands a run', () => {
  expect(
    read([
      'kind=run',
      'dir=B/0123ABCD',
      'exe=RUN.EXE',
      'arg=-i',
      'arg=Once%20upon',
      'limit_s=5',
      'keep=DEBUG.LOG',
      'stdin=IN.TXT',
      'new=1',
    ]),
  ).toEqual({
    head: { id: '0000000A', token: '0123456789ABCDEF', daemon: 'FEDCBA9876543210', kind: 'run' },
    job: {
      kind: 'run',
      dir: 'B/0123ABCD',
      program: { exe: 'RUN.EXE' },
      args: ['-i', 'Once upon'],
      limitSeconds: 5,
      quietSeconds: 0,
      logMaxBytes: 8_388_608,
      keep: ['DEBUG.LOG'],
      stdin: 'IN.TXT',
    },
  });
});

test('understands a place', () => {
  expect(
    read([
      'kind=place',
      'dir=B/0123ABCD',
      'file=STAGE/A.1,A.BIN,5,0000000F',
      'file=B/89ABCDEF/B.BIN,B.BIN,0,00000000',
    ]),
  ).toMatchObject({
    job: {
      files: [
        { source: 'STAGE/A.1', name: 'A.BIN', sizeBytes: 5, crc32: '0000000F' },
        { source: 'B/89ABCDEF/B.BIN', name: 'B.BIN', sizeBytes: 0, crc32: '00000000' },
      ],
    },
  });
});

const run = ['kind=run', 'dir=B/0123ABCD', 'exe=RUN.EXE'];
const file = 'file=A.BIN,5,0000000F';
test.each([
  ['kind', []],
  ['kind', ['kind=dance']],
  ['dir', ['kind=run', 'exe=RUN.EXE']],
  ['dir', ['kind=run', 'exe=RUN.EXE', 'dir=B/../..']],
  ['dir', ['kind=run', 'exe=RUN.EXE', 'dir=b/0123abcd']],
  ['exe', ['kind=run', 'dir=B/0123ABCD']],
  ['exe', [...run, 'prog=sh']],
  ['exe', ['kind=run', 'dir=B/0123ABCD', 'exe=../RUN.EXE']],
  ['exe', ['kind=run', 'dir=B/0123ABCD', 'exe=NUL']],
  ['exe', ['kind=run', 'dir=B/0123ABCD', 'prog=/bin/sh']],
  ['number', [...run, 'limit_s=soon']],
  ['number', [...run, 'quiet_s=-1']],
  ['file', [...run, 'stdin=../X']],
  ['file', [...run, 'keep=long.name']],
  ['too-long', [...run, ...Array.from({ length: 65 }, () => 'arg=x')]],
  ['too-long', [...run, ...Array.from({ length: 10 }, () => 'keep=X')]],
  ['too-long', [...run, `arg=${'x'.repeat(1100)}`]],
  ['file', ['kind=place', 'dir=B/0123ABCD']],
  ['file', ['kind=place', 'dir=B/0123ABCD', 'file=IN/A.BIN,A.BIN,5,0000000F']],
  ['file', ['kind=place', 'dir=B/0123ABCD', 'file=STAGE/A.BIN,BUNDLE.OK,5,0000000F']],
  ['number', ['kind=place', 'dir=B/0123ABCD', 'file=STAGE/A.BIN,A.BIN,five,0000000F']],
  ['file', ['kind=verify', 'dir=B/0123ABCD', file, file]],
  ['file', ['kind=verify', 'dir=B/0123ABCD', 'file=A.BIN,5,f']],
  ['id', ['kind=kill', 'target=1', 'target_token=0123456789ABCDEF']],
  ['token', ['kind=kill', 'target=0000000B']],
])('refuses with the word "%s" (%#)', (why, lines) => {
  expect(read(lines)).toMatchObject({ why });
});

test.each([
  ['id', ['v=1', 'id=0000000B', 'token=0123456789ABCDEF', 'daemon=FEDCBA9876543210', 'kind=probe']],
  ['token', ['v=1', 'id=0000000A', 'token=0123', 'daemon=FEDCBA9876543210', 'kind=probe']],
  ['token', ['v=1', 'id=0000000A', 'token=0123456789ABCDEF', 'kind=probe']],
])('refuses a head with the word "%s" (%#)', (why, lines) => {
  expect(readJob('0000000A', Buffer.from([...lines, 'eof=1', ''].join('\n')))).toMatchObject({ why });
});

test('any bytes are a job, a bad job or not there yet, never an error', () => {
  const line = fc.oneof(
    fc.constantFrom(...head, ...run, file, 'arg=x', 'arg+=y', 'kind=place', 'kind=kill', 'eof=1'),
    fc.string({ unit: 'binary-ascii' }),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const job = readJob('0000000A', Buffer.from(lines.join('\r\n'), 'latin1'));
      expect(job === undefined || 'job' in job || 'why' in job).toBe(true);
    }),
  );
});
