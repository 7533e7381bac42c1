import { spawnSync } from 'node:child_process';
import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadProfile } from '../../src/simulator/profile.ts';
import { startSimulatedPc } from '../../src/simulator/simulated-pc.ts';
import { Wire } from './ftp/wire.ts';
import { daemon, endOf, putBundle, putJob, temporaryFolder, token, wholeText } from './support.ts';

async function startPc(diskFolder: string) {
  const pc = await startSimulatedPc({
    profile: loadProfile('pentium2-win98'),
    name: 'shelf-1',
    diskFolder,
    agent: 'ts',
    pollMs: 20,
  });
  onTestFinished(() => pc.stop());
  return pc;
}

test('says in its NFO that it is simulated, and as what', async () => {
  const disk = temporaryFolder();
  const pc = await startPc(disk);
  expect(pc).toMatchObject({ name: 'shelf-1', host: '127.0.0.1', spool: '/FLEET98', agentKind: 'ts' });
  const info = wholeText(join(disk, 'FLEET98', 'AGENT.NFO'));
  expect(info).toEqual(
    expect.arrayContaining([
      'simulated=1',
      'name=shelf-1',
      'mhz=350',
      'ram_kb=131072',
      'platform=win9x',
      'job=-',
    ]),
  );
});

test('runs a job that lies in its folder, at the pace of its profile', async () => {
  const disk = temporaryFolder();
  await startPc(disk);
  const spool = join(disk, 'FLEET98');
  putBundle(spool, '0123ABCD', { 'PACE.SH': '#!/bin/sh\necho "pace $PACE_TOKENS_PER_SECOND $1"\n' });
  putJob(spool, '00000001', 'run', ['dir=B/0123ABCD', 'exe=PACE.SH', 'arg=a%20b']);
  expect(await endOf(spool, '00000001')).toEqual(
    expect.arrayContaining(['reason=exited', 'exit=0', 'o_bytes=14']),
  );
});

test('lets a daemon do the same over FTP alone', async () => {
  const pc = await startPc(temporaryFolder());
  const wire = await Wire.login(pc.port, pc.user, pc.password);
  onTestFinished(() => wire.close());
  const head = ['v=1', 'id=00000002', `token=${token}`, `daemon=${daemon}`];
  const job = [...head, 'kind=probe', 'eof=1', ''].join('\r\n');
  expect(await wire.upload('STOR /FLEET98/IN/00000002.TMP', job)).toMatch(/^226 /);
  await wire.send('RNFR /FLEET98/IN/00000002.TMP');
  expect(await wire.send('RNTO /FLEET98/IN/00000002.JOB')).toMatch(/^250 /);
  await endOf(join(pc.diskFolder, 'FLEET98'), '00000002');
  expect(await wire.download('RETR /FLEET98/OUT/00000002.END')).toContain('reason=done\r\neof=1\r\n');
});

test('clears away what a simulator left that was killed', async () => {
  const disk = temporaryFolder();
  const { pid } = spawnSync('true');
  symlinkSync('FLEET98', join(disk, `.agent-${pid}-1`));
  const pc = await startPc(disk);
  await pc.stop();
  expect(readdirSync(disk).filter((name) => name.startsWith('.agent'))).toEqual([]);
});

test('starts again on the disk it left, with the counter of starts raised', async () => {
  const disk = temporaryFolder();
  const first = await startPc(disk);
  await first.stop();
  await startPc(disk);
  expect(wholeText(join(disk, 'FLEET98', 'AGENT.NFO'))).toContain('boot=2');
});
