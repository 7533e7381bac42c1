import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { SimulatedAgent } from '../../../src/simulator/agent/agent.ts';
import { SpoolLocked } from '../../../src/simulator/agent/lock.ts';
import {
  endOf,
  eventually,
  isRunning,
  putBundle,
  putJob,
  temporaryFolder,
  token,
  wholeText,
} from '../support.ts';

function newSpool(ini = 'poll_ms=10\r\n'): string {
  const spool = temporaryFolder();
  writeFileSync(join(spool, 'AGENT.INI'), ini);
  return spool;
}

async function startAgent(spool: string): Promise<SimulatedAgent> {
  const agent = new SimulatedAgent(spool);
  await agent.start();
  onTestFinished(() => agent.stop());
  return agent;
}

const sum = (text: string): string => crc32(text).toString(16).toUpperCase().padStart(8, '0');
const log = (spool: string, id: string): string => readFileSync(join(spool, 'OUT', `${id}.LOG`), 'latin1');
const dir = 'dir=B/0123ABCD';

test('runs a program, keeps both streams apart and reports how it ended', async () => {
  const spool = newSpool();
  putBundle(spool, '0123ABCD', {
    'RUN.SH': '#!/bin/sh\nread line\necho "$1/$2/$line"\necho oops >&2\necho kept > SIDE.LOG\nexit 7\n',
    'IN.TXT': 'from stdin\n',
  });
  await startAgent(spool);
  putJob(spool, '00000001', 'run', [
    dir,
    'exe=RUN.SH',
    'arg=a%20b',
    'arg=$HOME',
    'stdin=IN.TXT',
    'keep=NONE.LOG',
    'keep=SIDE.LOG',
  ]);
  const end = await endOf(spool, '00000001');
  const text = log(spool, '00000001');
  expect(text.split('\n')[0]).toBe(`#fleet98 1 00000001 ${token} clock=hrtime step_us=1 boot=1`);
  expect(text).toMatch(/@[\d.]+ o 21\na b\/\$HOME\/from stdin\n\n/);
  expect(text).toMatch(/@[\d.]+ e 5\noops\n\n/);
  expect(end).toEqual(
    expect.arrayContaining([
      'kind=run',
      'reason=exited',
      'exit=7',
      'o_bytes=21',
      'e_bytes=5',
      `log_bytes=${text.length}`,
      `log_crc32=${sum(text)}`,
      `keep=SIDE.LOG,2,5,${sum('kept\n')}`,
    ]),
  );
  expect(readFileSync(join(spool, 'OUT', '00000001.K2'), 'latin1')).toBe('kept\n');
  expect(existsSync(join(spool, 'OUT', '00000001.K1'))).toBe(false);
});

test.each([
  ['not-placed', ['dir=B/FFFFFFFF', 'exe=RUN.SH'], []],
  ['start-failed', [dir, 'exe=NONE.EXE'], ['oserr=2%20no%20such%20file%20or%20directory']],
  ['start-failed', [dir, 'exe=TEXT.EXE'], [expect.stringMatching(/^oserr=8%20/)]],
  ['start-failed', [dir, 'prog=no-such-program'], [expect.stringMatching(/^oserr=2%20/)]],
  ['start-failed', [dir, 'prog=true', 'stdin=NONE.TXT'], [expect.stringMatching(/^oserr=2%20/)]],
  ['limit', [dir, 'prog=sleep', 'arg=600', 'limit_s=1'], ['signal=9', 'exit=137']],
  ['quiet', [dir, 'prog=sleep', 'arg=600', 'quiet_s=1'], ['signal=9', 'exit=137']],
  ['bad-job', [dir, 'exe=RUN.SH', 'limit_s=x'], ['why=number']],
])('ends a run with %s (%#)', async (reason, lines, more) => {
  const spool = newSpool();
  putBundle(spool, '0123ABCD', { 'TEXT.EXE': 'echo a shell would run this\n' });
  await startAgent(spool);
  putJob(spool, '00000001', 'run', lines);
  expect(await endOf(spool, '00000001')).toEqual(expect.arrayContaining([`reason=${reason}`, ...more]));
});

test('counts what goes past log_max without writing it', async () => {
  const spool = newSpool();
  putBundle(spool, '0123ABCD', {});
  await startAgent(spool);
  putJob(spool, '00000001', 'run', [dir, 'prog=seq', 'arg=20000', 'log_max=9000']);
  expect(await endOf(spool, '00000001')).toEqual(
    expect.arrayContaining(['reason=exited', 'exit=0', 'o_bytes=108894', 'log=cut']),
  );
  expect(log(spool, '00000001').length).toBeLessThanOrEqual(9_000);
  expect(log(spool, '00000001').length).toBeGreaterThan(4_096);
});

test('kills a run with everything it started, and claims only kill and probe meanwhile', async () => {
  const spool = newSpool();
  putBundle(spool, '0123ABCD', { 'RUN.SH': '#!/bin/sh\nsleep 600 &\necho $!\nwait\n' });
  await startAgent(spool);
  putJob(spool, '00000001', 'run', [dir, 'exe=RUN.SH']);
  const child = await eventually(() => {
    const found = existsSync(join(spool, 'OUT', '00000001.LOG')) && /\n(\d+)\n/.exec(log(spool, '00000001'));
    return found === false || found === null ? undefined : Number(found[1]);
  }, 'the grandchild’s pid');
  expect(wholeText(join(spool, 'AGENT.NFO'))).toContain('job=00000001');
  putJob(spool, '00000002', 'verify', [dir, 'file=RUN.SH,1,00000000']);
  putJob(spool, '00000003', 'kill', ['target=00000001', 'target_token=FFFFFFFFFFFFFFFF']);
  expect(await endOf(spool, '00000003')).toContain('reason=not-known');
  putJob(spool, '00000004', 'probe', []);
  expect(await endOf(spool, '00000004')).toContain('reason=done');
  expect(existsSync(join(spool, 'IN', '00000002.JOB'))).toBe(true);
  expect(isRunning(child)).toBe(true);
  putJob(spool, '00000005', 'kill', ['target=00000001', `target_token=${token}`]);
  expect(await endOf(spool, '00000005')).toContain('reason=killed');
  expect(await endOf(spool, '00000001')).toContain('reason=killed');
  await eventually(() => !isRunning(child), 'the grandchild gone');
  expect(await endOf(spool, '00000002')).toContain('reason=mismatch');
  putJob(spool, '00000006', 'kill', ['target=00000001', `target_token=${token}`]);
  expect(await endOf(spool, '00000006')).toContain('reason=already-ended');
  putJob(spool, '00000007', 'kill', ['target=0000000F', `target_token=${token}`]);
  expect(await endOf(spool, '00000007')).toContain('reason=not-known');
});

test('does not wait for a process that outlives the program with its pipes', async () => {
  const spool = newSpool();
  putBundle(spool, '0123ABCD', { 'RUN.SH': '#!/bin/sh\nsleep 600 &\necho done\n' });
  await startAgent(spool);
  putJob(spool, '00000001', 'run', [dir, 'exe=RUN.SH']);
  expect(await endOf(spool, '00000001')).toEqual(
    expect.arrayContaining(['reason=exited', 'exit=0', 'o_bytes=5']),
  );
});

test('places files from STAGE and from another version, and publishes BUNDLE.OK only when all match', async () => {
  const spool = newSpool();
  putBundle(spool, '89ABCDEF', { 'OLD.BIN': 'old' });
  await startAgent(spool);
  const files = [
    `file=STAGE/0001.BIN,NEW.BIN,3,${sum('new')}`,
    `file=B/89ABCDEF/OLD.BIN,OLD.BIN,3,${sum('old')}`,
  ];
  const ok = join(spool, 'B', '0123ABCD', 'BUNDLE.OK');
  putJob(spool, '00000001', 'place', [dir, ...files]);
  expect(await endOf(spool, '00000001')).toEqual(expect.arrayContaining(['reason=missing', 'bad=NEW.BIN']));
  writeFileSync(join(spool, 'STAGE', '0001.BIN'), 'bad');
  putJob(spool, '00000002', 'place', [dir, ...files]);
  expect(await endOf(spool, '00000002')).toEqual(
    expect.arrayContaining(['reason=mismatch', 'bad=NEW.BIN', `file=NEW.BIN,3,${sum('bad')}`]),
  );
  expect(existsSync(ok)).toBe(false);
  writeFileSync(join(spool, 'STAGE', '0001.BIN'), 'new');
  writeFileSync(join(spool, 'B', '0123ABCD', 'NEW.BIN'), 'wrong one of an earlier try');
  putJob(spool, '00000003', 'place', [dir, ...files]);
  const measured = [`file=NEW.BIN,3,${sum('new')}`, `file=OLD.BIN,3,${sum('old')}`];
  expect(await endOf(spool, '00000003')).toEqual(expect.arrayContaining(['reason=done', ...measured]));
  expect(wholeText(ok)).toEqual([
    'v=1',
    'id=00000003',
    `token=${token}`,
    'daemon=00000000000000D1',
    ...measured,
  ]);
  expect(readdirSync(join(spool, 'STAGE'))).toEqual([]);
  expect(readdirSync(join(spool, 'B', '0123ABCD')).toSorted()).toEqual(['BUNDLE.OK', 'NEW.BIN', 'OLD.BIN']);
  putJob(spool, '00000004', 'place', [dir, ...files]);
  expect(await endOf(spool, '00000004')).toContain('reason=done');
  writeFileSync(join(spool, 'B', '0123ABCD', 'NEW.BIN'), 'hit');
  putJob(spool, '00000005', 'place', [dir, ...files]);
  expect(await endOf(spool, '00000005')).toEqual(expect.arrayContaining(['reason=mismatch', 'bad=NEW.BIN']));
  expect(readFileSync(join(spool, 'B', '0123ABCD', 'NEW.BIN'), 'latin1')).toBe('hit');
});

test('verifies what is placed', async () => {
  const spool = newSpool();
  putBundle(spool, '0123ABCD', { 'A.BIN': 'a' });
  await startAgent(spool);
  putJob(spool, '00000001', 'verify', [dir, `file=A.BIN,1,${sum('a')}`]);
  expect(await endOf(spool, '00000001')).toContain('reason=done');
  putJob(spool, '00000002', 'verify', [dir, `file=B.BIN,1,${sum('a')}`, `file=A.BIN,1,${sum('a')}`]);
  expect(await endOf(spool, '00000002')).toEqual(
    expect.arrayContaining(['reason=missing', 'bad=B.BIN', `file=A.BIN,1,${sum('a')}`]),
  );
  putJob(spool, '00000003', 'verify', ['dir=B/FFFFFFFF', `file=A.BIN,1,${sum('a')}`]);
  expect(await endOf(spool, '00000003')).toContain('reason=not-placed');
});

test('never takes a job twice, nor one whose LOG is there', async () => {
  const spool = newSpool();
  putBundle(spool, '0123ABCD', {});
  await startAgent(spool);
  putJob(spool, '00000001', 'run', [dir, 'prog=echo', 'arg=once']);
  await endOf(spool, '00000001');
  const first = log(spool, '00000001');
  putJob(spool, '00000001', 'run', [dir, 'prog=echo', 'arg=twice']);
  await eventually(() => !existsSync(join(spool, 'IN', '00000001.JOB')), 'the second job removed');
  expect(log(spool, '00000001')).toBe(first);
  writeFileSync(join(spool, 'OUT', '00000002.LOG'), 'evidence');
  putJob(spool, '00000002', 'run', [dir, 'prog=echo']);
  expect(await endOf(spool, '00000002')).toEqual(
    expect.arrayContaining(['reason=bad-job', 'why=log-exists']),
  );
  expect(log(spool, '00000002')).toBe('evidence');
});

test('leaves alone what is no job or not whole', async () => {
  const spool = newSpool();
  await startAgent(spool);
  writeFileSync(join(spool, 'IN', 'README.TXT'), 'eof=1\r\n');
  writeFileSync(join(spool, 'IN', '0000000a.JOB'), 'eof=1\r\n');
  writeFileSync(join(spool, 'IN', '00000001.JOB'), 'v=1\r\nkind=probe\r\n');
  putJob(spool, '00000002', 'probe', []);
  await endOf(spool, '00000002');
  expect(readdirSync(join(spool, 'IN')).toSorted()).toEqual(['00000001.JOB', '0000000a.JOB', 'README.TXT']);
});

test('cleans up after an agent that was cut off', async () => {
  const spool = newSpool();
  putBundle(spool, '0123ABCD', { 'A.BIN': 'a' });
  for (const folder of ['RUN', 'OUT']) mkdirSync(join(spool, folder));
  const run = (id: string, lines: readonly string[]): void => {
    const text = ['v=1', `id=${id}`, `token=${token}`, 'daemon=00000000000000D1', ...lines, 'eof=1', ''];
    writeFileSync(join(spool, 'RUN', `${id}.RUN`), text.join('\r\n'));
  };
  run('00000001', ['kind=run', dir, 'prog=echo']);
  writeFileSync(join(spool, 'OUT', '00000001.LOG'), 'half');
  run('00000002', ['kind=verify', dir, `file=A.BIN,1,${sum('a')}`]);
  run('00000003', ['kind=run', dir, 'prog=echo']);
  writeFileSync(join(spool, 'OUT', '00000003.END'), 'v=1\r\nreason=exited\r\neof=1\r\n');
  writeFileSync(join(spool, 'OUT', '00000004.TMP'), ' '.repeat(2048));
  await startAgent(spool);
  expect(await endOf(spool, '00000001')).toEqual(
    expect.arrayContaining([
      'reason=agent-restarted',
      `token=${token}`,
      'log_bytes=4',
      `log_crc32=${sum('half')}`,
    ]),
  );
  expect(await endOf(spool, '00000002')).toContain('reason=done');
  expect(await endOf(spool, '00000003')).toContain('reason=exited');
  expect(existsSync(join(spool, 'OUT', '00000004.TMP'))).toBe(false);
});

test('ends a run as killed when it is stopped itself', async () => {
  const spool = newSpool();
  putBundle(spool, '0123ABCD', {});
  const agent = new SimulatedAgent(spool);
  await agent.start();
  putJob(spool, '00000001', 'run', [dir, 'prog=sleep', 'arg=600']);
  await eventually(() => wholeText(join(spool, 'AGENT.NFO'))?.includes('job=00000001'), 'the run active');
  await agent.stop();
  expect(wholeText(join(spool, 'OUT', '00000001.END'))).toContain('reason=killed');
  expect(existsSync(join(spool, 'RUN', '00000001.RUN'))).toBe(false);
});

test('holds the spool alone, and takes it over from an agent that is gone', async () => {
  const spool = newSpool();
  const agent = await startAgent(spool);
  await expect(new SimulatedAgent(spool).start()).rejects.toThrow(SpoolLocked);
  expect(readFileSync(join(spool, 'AGENT.CNT'), 'latin1')).toBe('1\r\n');
  await agent.stop();
  writeFileSync(join(spool, 'AGENT.LCK'), `pid=${process.pid}\r\nstart=1\r\n`);
  await startAgent(spool);
  expect(readFileSync(join(spool, 'AGENT.CNT'), 'latin1')).toBe('2\r\n');
});

test('writes its NFO again and again when beat_s is set', async () => {
  const spool = newSpool('; a comment\r\npoll_ms=10\r\nbeat_s=1\r\nname=OLD PC\r\nmhz=33\r\n');
  await startAgent(spool);
  const info = wholeText(join(spool, 'AGENT.NFO'));
  expect(info).toEqual(expect.arrayContaining(['name=OLD%20PC', 'mhz=33', 'seq=1', 'simulated=0']));
  await eventually(() => wholeText(join(spool, 'AGENT.NFO'))?.includes('seq=2'), 'the second NFO');
});
