import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { obey } from '../../src/simulator/orders.ts';
import { loadProfile } from '../../src/simulator/profile.ts';
import { runSimulator } from '../../src/simulator/run-simulator.ts';
import { startSimulatedPc, type AgentKind, type SimulatedPc } from '../../src/simulator/simulated-pc.ts';
import { haveBuiltAgent } from '../support/built-agent.ts';
import { Wire } from './ftp/wire.ts';
import { endOf, eventually, putBundle, putJob, temporaryFolder, wholeText } from './support.ts';

const agents: readonly AgentKind[] = haveBuiltAgent() ? ['ts', 'c'] : ['ts'];

/** Prints, and goes on until a file GO is in its folder. */
const script = '#!/bin/sh\necho begun\nwhile [ ! -e GO ]; do sleep 0.02; done\necho over\n';

async function startDos(agent: AgentKind = 'ts', knobs: readonly string[] = []) {
  const disk = temporaryFolder();
  const profile = { ...loadProfile('dx2-dos'), rateBytesPerSecond: 0 };
  const pc = await startSimulatedPc({ profile, diskFolder: disk, agent, pollMs: 20, knobs });
  onTestFinished(() => pc.stop());
  const spool = join(disk, 'FLEET98');
  putBundle(spool, '0123ABCD', { 'RUN.SH': script });
  return { pc, spool, go: () => writeFileSync(join(spool, 'B', '0123ABCD', 'GO'), '') };
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => socket.destroy());
    socket.on('error', () => resolve(false));
    socket.on('close', (hadError) => resolve(!hadError));
  });

async function whenListening(port: number): Promise<void> {
  let listens = false;
  const ask = async (): Promise<void> => {
    listens = await isListening(port);
    if (!listens) setTimeout(() => void ask(), 20);
  };
  await ask();
  await eventually(() => listens, 'the server');
}

const bootOf = (spool: string): string | undefined =>
  wholeText(join(spool, 'AGENT.NFO'))?.find((line) => line.startsWith('boot='));

const logIn = ({ port, user, password }: SimulatedPc): Promise<Wire> => Wire.login(port, user, password);

test.each(agents)(
  'has its server or its agent (%s), never both; all jobs that wait are done in one turn',
  async (agent) => {
    const { pc, spool, go } = await startDos(agent);
    // The agent was there once, when it was switched on.
    expect(bootOf(spool)).toBe('boot=1');
    putJob(spool, '00000001', 'run', ['dir=B/0123ABCD', 'exe=RUN.SH']);
    putJob(spool, '00000002', 'probe', []);
    const wire = await logIn(pc);
    expect(await wire.send('SITE HELP')).toBe('211 Site commands: HELP DISKFREE STATS WHO QUIT\r\n');
    expect(existsSync(join(spool, 'IN', '00000001.JOB'))).toBe(true);
    expect(await wire.send('SITE QUIT')).toMatch(/^200 /);
    await wire.closed;
    await eventually(() => existsSync(join(spool, 'RUN', '00000001.RUN')), 'the claim');
    expect(await isListening(pc.port)).toBe(false);
    go();
    expect(await endOf(spool, '00000001')).toEqual(expect.arrayContaining(['reason=exited']));
    await whenListening(pc.port);
    expect(await endOf(spool, '00000002')).toEqual(expect.arrayContaining(['reason=done']));
    expect(bootOf(spool)).toBe('boot=2');
  },
);

test('the limits of a job mean nothing to its agent', async () => {
  const { pc, spool } = await startDos();
  putBundle(spool, '0123ABCE', { 'LONG.SH': '#!/bin/sh\nsleep 1.3\necho over\n' });
  putJob(spool, '00000001', 'run', ['dir=B/0123ABCE', 'exe=LONG.SH', 'limit_s=1', 'quiet_s=1']);
  await obey([pc], 'all key');
  expect(await endOf(spool, '00000001')).toEqual(expect.arrayContaining(['reason=exited']));
});

test('by a knob SITE QUIT is not known, or not allowed; the key always works', async () => {
  const { pc, spool } = await startDos('ts', ['quit=off']);
  const wire = await logIn(pc);
  expect(await wire.send('SITE HELP')).toBe('211 Site commands: HELP DISKFREE STATS WHO\r\n');
  expect(await wire.send('SITE QUIT')).toMatch(/^500 /);
  await obey([pc], 'all quit=denied');
  expect(await wire.send('SITE HELP')).toContain('QUIT');
  expect(await wire.send('SITE QUIT')).toMatch(/^550 /);
  putJob(spool, '00000001', 'probe', []);
  await obey([pc], 'all key');
  await wire.closed;
  await endOf(spool, '00000001');
  await whenListening(pc.port);
  await expect(pc.startAgent()).rejects.toThrow('press the key');
});

test('power that fails while the agent works stops it; when it is back it settles that first, then serves', async () => {
  const { pc, spool } = await startDos();
  putJob(spool, '00000001', 'run', ['dir=B/0123ABCD', 'exe=RUN.SH']);
  await pc.pressKey();
  await eventually(() => existsSync(join(spool, 'OUT', '00000001.LOG')), 'the log');
  await pc.powerOff();
  expect(await isListening(pc.port)).toBe(false);
  await pc.powerOn();
  expect(await isListening(pc.port)).toBe(true);
  expect(await endOf(spool, '00000001')).toEqual(expect.arrayContaining(['reason=agent-restarted']));
});

test('other PCs have no such key, and no SITE', async () => {
  const disk = temporaryFolder();
  const pc = await startSimulatedPc({
    profile: loadProfile('pentium2-win98'),
    diskFolder: disk,
    agent: 'ts',
  });
  onTestFinished(() => pc.stop());
  await expect(pc.pressKey()).rejects.toThrow('beside its server');
  expect(await (await logIn(pc)).send('SITE HELP')).toMatch(/^500 /);
});

async function profilesOf(options: object): Promise<string[]> {
  const common = { disksFolder: temporaryFolder(), agent: 'ts', onLine: () => {} } as const;
  const simulator = await runSimulator({ ...common, ...options });
  onTestFinished(() => simulator.stop());
  return simulator.pcs.map(({ profile }) => profile);
}

test('all profiles in turn are those that can be reached at any time; others are asked for by name', async () => {
  expect(await profilesOf({ count: 4 })).toEqual(['dx4-win95', 'pentium2-win98', 'pi-linux', 'dx4-win95']);
  expect(await profilesOf({ platform: 'msdos' })).toEqual(['dx2-dos']);
  expect(await profilesOf({ profiles: ['dx2-dos'] })).toEqual(['dx2-dos']);
});
