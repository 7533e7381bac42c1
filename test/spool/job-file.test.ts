import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  encodeKillJob,
  encodePlaceJob,
  encodeProbeJob,
  encodeRemoveJob,
  encodeRunJob,
  encodeVerifyJob,
} from '../../src/spool/job-file.ts';
import type { RunJob } from '../../src/spool/job-file.ts';
import { decodeKeyValues } from '../../src/spool/key-value.ts';

const mark = { id: '0012ABCD', token: '0123456789ABCDEF', daemon: 'FEDCBA9876543210' };
const head = `id=${mark.id}\r\ntoken=${mark.token}\r\ndaemon=${mark.daemon}\r\n`;
const limits = { limitSeconds: 0, quietSeconds: 0, logMaxBytes: 8_388_608 };
const runJob: RunJob = { ...mark, dir: 'B/B0A507E7', exe: 'RUN.EXE', args: [], limits, keep: [] };
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

describe('a run job', () => {
  test('says what to start, with what, and how long', () => {
    const job = encodeRunJob({
      ...runJob,
      args: ['MODEL.BIN', '-i', 'Once upon a "time"'],
      limits: { limitSeconds: 600, quietSeconds: 59.5, logMaxBytes: 1_000 },
      keep: ['DEBUG.LOG'],
      stdin: 'IN.TXT',
    });
    expect(text(job)).toBe(
      `v=1\r\nkind=run\r\n${head}dir=B/B0A507E7\r\nexe=RUN.EXE\r\narg=MODEL.BIN\r\narg=-i\r\n` +
        'arg=Once%20upon%20a%20"time"\r\nlimit_s=600\r\nquiet_s=60\r\nlog_max=1000\r\nkeep=DEBUG.LOG\r\n' +
        'stdin=IN.TXT\r\neof=1\r\n',
    );
  });

  test('without limits leaves them out, and names a program of the machine', () => {
    const { exe: _exe, ...rest } = runJob;
    expect(text(encodeRunJob({ ...rest, prog: 'uname' }))).toBe(
      `v=1\r\nkind=run\r\n${head}dir=B/B0A507E7\r\nprog=uname\r\nlog_max=8388608\r\neof=1\r\n`,
    );
  });

  test.each([
    ['RUN.BAT', true],
    ['RUN.CMD', true],
    ['RUN.EXE', false],
    ['BAT', false],
  ])('of %s needs the command interpreter: %s', (exe, isBatch) => {
    expect(text(encodeRunJob({ ...runJob, exe })).includes('shell=1')).toBe(isBatch);
  });

  test('keeps each argument as it is', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 60 }), { maxLength: 40 }), (args) => {
        const decoded = decodeKeyValues(encodeRunJob({ ...runJob, args }));
        expect(decoded.state === 'ok' && decoded.entries.all('arg')).toEqual(args);
      }),
    );
  });

  test.each([
    ['a long prompt', ['x'.repeat(17_000)]],
    ['a prompt that grows by its escapes', ['é'.repeat(3_000)]],
    ['65 arguments', Array.from({ length: 65 }, () => 'a')],
  ])('with %s is too long', (_what, args) => {
    expect(() => encodeRunJob({ ...runJob, args })).toThrow(
      expect.objectContaining({ code: 'COMMAND_TOO_LONG' }),
    );
  });

  const { exe: _exe, ...nameless } = runJob;
  const bugs: readonly [what: string, job: RunJob][] = [
    ['a wrong id', { ...runJob, id: 'x' }],
    ['a wrong token', { ...runJob, token: 'ABC' }],
    ['a wrong daemon', { ...runJob, daemon: 'fedcba9876543210' }],
    ['a folder that is none', { ...runJob, dir: '..' }],
    ['a device as exe', { ...runJob, exe: 'COM1.EXE' }],
    ['exe and prog', { ...runJob, prog: 'ls' }],
    ['neither exe nor prog', nameless],
    ['a path to keep', { ...runJob, keep: ['../A'] }],
    ['ten files to keep', { ...runJob, keep: Array.from({ length: 10 }, (_, n) => `A${n}`) }],
    ['a path as stdin', { ...runJob, stdin: 'A/B' }],
  ];
  test.each(bugs)('with %s is a bug', (_what, job) => {
    expect(() => encodeRunJob(job)).toThrow(expect.objectContaining({ code: 'BUG' }));
  });
});

describe('the other jobs', () => {
  const file = { name: 'MODEL.BIN', sizeBytes: 1_056_540, crc32: 'deadbeef' };

  test('place', () => {
    const files = [
      { ...file, source: 'STAGE/B0A507E7.AD0' },
      { ...file, name: 'TOK.BIN', source: 'B/00000001/TOK.BIN' },
    ];
    expect(text(encodePlaceJob({ ...mark, dir: 'B/B0A507E7', files }))).toBe(
      `v=1\r\nkind=place\r\n${head}dir=B/B0A507E7\r\nfile=STAGE/B0A507E7.AD0,MODEL.BIN,1056540,DEADBEEF\r\n` +
        'file=B/00000001/TOK.BIN,TOK.BIN,1056540,DEADBEEF\r\neof=1\r\n',
    );
  });

  test.each(['STAGE/../A', '/STAGE/A', 'STAGE/A/B', 'IN/A', 'B/1/A'])('place from %s is a bug', (source) => {
    const job = { ...mark, dir: 'B/B0A507E7', files: [{ ...file, source }] };
    expect(() => encodePlaceJob(job)).toThrow(expect.objectContaining({ code: 'BUG' }));
  });

  test('place of 65 files is refused', () => {
    const files = Array.from({ length: 65 }, () => ({ ...file, source: 'STAGE/A' }));
    const job = { ...mark, dir: 'B/B0A507E7', files };
    expect(() => encodePlaceJob(job)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });

  test('verify', () => {
    expect(text(encodeVerifyJob({ ...mark, dir: 'B/B0A507E7', files: [file] }))).toBe(
      `v=1\r\nkind=verify\r\n${head}dir=B/B0A507E7\r\nfile=MODEL.BIN,1056540,DEADBEEF\r\neof=1\r\n`,
    );
  });

  test('remove', () => {
    const files = [{ name: 'MODEL.BIN' }, { name: 'TOK.BIN' }];
    expect(text(encodeRemoveJob({ ...mark, dir: 'B/B0A507E7', files }))).toBe(
      `v=1\r\nkind=remove\r\n${head}dir=B/B0A507E7\r\nfile=MODEL.BIN\r\nfile=TOK.BIN\r\neof=1\r\n`,
    );
  });

  test.each(['B', 'STAGE', '.', 'B/../IN', 'B/b0a507e7', 'B/B0A507E7/X'])('remove of %s is a bug', (dir) => {
    const job = { ...mark, dir, files: [{ name: 'MODEL.BIN' }] };
    expect(() => encodeRemoveJob(job)).toThrow(expect.objectContaining({ code: 'BUG' }));
  });

  test.each(['../A', 'A/B', 'model.bin', 'NUL.BIN', ''])('remove of the file %j is a bug', (name) => {
    const job = { ...mark, dir: 'B/B0A507E7', files: [{ name }] };
    expect(() => encodeRemoveJob(job)).toThrow(expect.objectContaining({ code: 'BUG' }));
  });

  test('kill', () => {
    expect(text(encodeKillJob({ ...mark, target: '99999999', targetToken: '1111111111111111' }))).toBe(
      `v=1\r\nkind=kill\r\n${head}target=99999999\r\ntarget_token=1111111111111111\r\neof=1\r\n`,
    );
  });

  test('probe', () => {
    expect(text(encodeProbeJob(mark))).toBe(`v=1\r\nkind=probe\r\n${head}eof=1\r\n`);
  });
});
