import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadProfile } from '../../src/simulator/profile.ts';
import { startSimulatedPc, type AgentKind } from '../../src/simulator/simulated-pc.ts';
import { haveBuiltAgent } from '../support/built-agent.ts';
import { Wire } from './ftp/wire.ts';
import { endOf, eventually, isRunning, putBundle, putJob, temporaryFolder, wholeText } from './support.ts';

const agents: readonly AgentKind[] = haveBuiltAgent() ? ['ts', 'c'] : ['ts'];

async function startPc(agent: AgentKind = 'ts', rateBytesPerSecond = 0) {
  const disk = temporaryFolder();
  const profile = loadProfile('pentium2-win98');
  const pc = await startSimulatedPc({ profile, diskFolder: disk, agent, pollMs: 20, rateBytesPerSecond });
  onTestFinished(() => pc.stop());
  return { pc, disk, spool: join(disk, 'FLEET98') };
}

/** Every file of a disk with its bytes. */
function snapshot(disk: string): Record<string, string> {
  const files = readdirSync(disk, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).toSorted();
  return Object.fromEntries(paths.map((path) => [path, readFileSync(path, 'latin1')]));
}

/** A run whose program has a child, and both their process ids. */
async function startFamily(spool: string): Promise<readonly number[]> {
  putBundle(spool, '0123ABCD', { 'RUN.SH': '#!/bin/sh\nsleep 600 &\necho $$ $!\nwait\n' });
  putJob(spool, '00000001', 'run', ['dir=B/0123ABCD', 'exe=RUN.SH']);
  const log = join(spool, 'OUT', '00000001.LOG');
  return eventually(() => {
    const found = existsSync(log) ? /\n(\d+) (\d+)\n/.exec(readFileSync(log, 'latin1')) : null;
    return found === null ? undefined : [Number(found[1]), Number(found[2])];
  }, 'the program and its child');
}

const bootOf = (spool: string): string | undefined =>
  wholeText(join(spool, 'AGENT.NFO'))?.find((line) => line.startsWith('boot='));

test.each(agents)('a power cut ends the %s agent and its programs without a word', async (agent) => {
  const { pc, disk, spool } = await startPc(agent);
  const family = await startFamily(spool);
  await pc.powerOff();
  const after = snapshot(disk);
  expect(family.filter(isRunning)).toEqual([]);
  expect(existsSync(join(spool, 'OUT', '00000001.END'))).toBe(false);
  expect(existsSync(join(spool, 'RUN', '00000001.RUN'))).toBe(true);
  expect(snapshot(disk)).toEqual(after);
  await pc.powerOn();
  expect(bootOf(spool)).toBe('boot=2');
  expect(await endOf(spool, '00000001')).toContain('reason=agent-restarted');
});

test.each(agents)(
  'a crash of the %s agent leaves the FTP server, and the agent can start again',
  async (agent) => {
    const { pc, spool } = await startPc(agent);
    const wire = await Wire.login(pc.port, pc.user, pc.password);
    const family = await startFamily(spool);
    await pc.crashAgent();
    expect(family.filter(isRunning)).toEqual([]);
    expect(await wire.send('SIZE FLEET98/OUT/00000001.END')).toMatch(/^550 /);
    expect(await wire.send('SIZE FLEET98/RUN/00000001.RUN')).toMatch(/^213 /);
    await pc.startAgent();
    expect(bootOf(spool)).toBe('boot=2');
    expect(await endOf(spool, '00000001')).toContain('reason=agent-restarted');
    expect(await wire.send('SIZE FLEET98/OUT/00000001.END')).toMatch(/^213 /);
    wire.close();
  },
);

test('a power cut resets connections, refuses new ones, and the port is there again afterwards', async () => {
  const { pc, disk } = await startPc('ts', 100_000);
  const wire = await Wire.login(pc.port, pc.user, pc.password);
  const data = await wire.openData();
  const error = once(data, 'error');
  expect(await wire.send('STOR FLEET98/STAGE/BIG.BIN')).toMatch(/^150 /);
  data.write(Buffer.alloc(200_000, 'x'));
  const path = join(disk, 'FLEET98', 'STAGE', 'BIG.BIN');
  await eventually(() => existsSync(path) && readFileSync(path).length > 4_000, 'some bytes');
  await pc.powerOff();
  const kept = readFileSync(path).length;
  expect(await error).toMatchObject([{ code: 'ECONNRESET' }]);
  expect(await wire.closed).toBe('ECONNRESET');
  const refused = connect(pc.port, '127.0.0.1');
  expect(await once(refused, 'error')).toMatchObject([{ code: 'ECONNREFUSED' }]);
  await pc.powerOn();
  const again = await Wire.login(pc.port, pc.user, pc.password);
  expect(await again.send('SIZE FLEET98/STAGE/BIG.BIN')).toBe(`213 ${kept}\r\n`);
  again.close();
});

test('with a lost tail only files lose bytes that nobody had flushed', async () => {
  const { pc, spool } = await startPc();
  const put = (path: string): void => writeFileSync(join(spool, path), '0123456789');
  const flushed = [
    'OUT/0000000A.LOG',
    'OUT/0000000A.END',
    'IN/0000000B.JOB',
    'RUN/0000000C.RUN',
    'MACHINE.ID',
  ];
  const open = ['STAGE/PART.BIN', 'IN/0000000D.TMP', 'OUT/0000000E.LOG', 'OUT/0000000E.TMP'];
  await pc.stopAgent();
  putBundle(spool, '0123ABCD', { 'A.BIN': '0123456789' });
  for (const path of [...flushed, ...open]) put(path);
  writeFileSync(join(spool, 'STAGE/TINY.BIN'), '12');
  await pc.powerOff({ loseTailBytes: 4 });
  const read = (path: string): string => readFileSync(join(spool, path), 'latin1');
  for (const path of open) expect([path, read(path)]).toEqual([path, '012345']);
  for (const path of [...flushed, 'B/0123ABCD/A.BIN'])
    expect([path, read(path)]).toEqual([path, '0123456789']);
  expect(read('STAGE/TINY.BIN')).toBe('');
});

test('what is asked of a PC happens in turn; asking twice is harmless', async () => {
  const { pc, spool } = await startPc();
  await Promise.all([
    pc.powerOff(),
    pc.powerOff(),
    pc.powerOn(),
    pc.powerOn(),
    pc.crashAgent(),
    pc.startAgent(),
  ]);
  expect(bootOf(spool)).toBe('boot=3');
  await pc.powerOff();
  await expect(pc.startAgent()).rejects.toThrow('switched off');
  await pc.stop();
  expect(readdirSync(join(spool, '..')).toSorted()).toEqual(['FLEET98', 'package.json']);
});

test('nothing of a crashed agent reaches the disk, at whatever instant it dies', async () => {
  const { pc, disk, spool } = await startPc();
  const content = 'x'.repeat(100_000);
  const crc = '41D8C2E4';
  for (let round = 1; round <= 25; round += 1) {
    const id = `000000${String(round).padStart(2, '0')}`;
    writeFileSync(join(spool, 'STAGE', 'A.BIN'), content);
    putBundle(spool, '0123ABCD', {});
    putJob(spool, id, 'run', ['dir=B/0123ABCD', 'prog=seq', 'arg=2000']);
    putJob(spool, `0001${id.slice(4)}`, 'place', [`dir=B/${id}`, `file=STAGE/A.BIN,A.BIN,100000,${crc}`]);
    for (let turn = 0; turn < round * 7; turn += 1) await new Promise((next) => setImmediate(next));
    const crashed = pc.crashAgent();
    await new Promise((next) => process.nextTick(next));
    const atOnce = snapshot(disk);
    await crashed;
    expect(Object.keys(snapshot(disk)).filter((path) => !path.endsWith('.LCK'))).toEqual(
      Object.keys(atOnce).filter((path) => !path.endsWith('.LCK') && !path.includes('.agent-')),
    );
    await pc.startAgent();
    await endOf(spool, id);
  }
});

test.each([
  ['the power goes', 'powerOff'],
  ['it is stopped', 'stop'],
] as const)('nobody who comes while %s is answered', async (_, end) => {
  const { pc } = await startPc();
  const off = pc[end]();
  const late = Array.from({ length: 20 }, () => connect(pc.port, '127.0.0.1'));
  const heard: string[] = [];
  for (const socket of late) socket.on('data', (bytes) => heard.push(String(bytes)));
  await Promise.all([off, ...late.map((socket) => once(socket, 'close').catch(() => undefined))]);
  expect(heard).toEqual([]);
});
