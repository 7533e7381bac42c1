import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, onTestFailed, test } from 'vitest';
import type { Machine } from '../../src/contract/machines.ts';
import type { Run, RunsStarted } from '../../src/contract/runs.ts';
import { engineModels, inJavaScript, tell } from '../agent/tiny98.ts';
import { agentPrograms } from '../contract/agent/update-programs.ts';
import { isPcThere } from '../e2e-pc/support/is-pc-there.ts';
import { PcLane } from '../e2e-pc/support/pc-lane.ts';

/** The files for Windows 95 and 98 as they are committed: 32-bit programs, in 32-bit Wine that says it is Windows 98. */

const project = join(import.meta.dirname, '../..');
const committed = (name: string): string => join(project, 'deploy-scripts/machine/win9x', name);
const MEBIBYTE = 1024 * 1024;

/** fixtures/engine/chatter.c as a 32-bit program with the C runtime of the system. */
function chatter(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'fleet98-chatter-'));
  try {
    const exe = join(folder, 'CHATTER.EXE');
    const args = ['-O1', '-s', '-march=i586', '-o', exe, join(project, 'fixtures/engine/chatter.c')];
    const { status, stderr } = spawnSync('i686-w64-mingw32-gcc', args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`chatter.c does not compile: ${stderr}`);
    return readFileSync(exe);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function jobTests(): void {
  const agent = agentPrograms(committed('AGENT.EXE'));
  const lane = new PcLane({
    fileSystem: 'vfat',
    writeBehindSeconds: 2,
    windows: inject('windowsImage'),
  });
  const keepConsole = (name: string): void =>
    onTestFailed(() => {
      const kept = lane.keepEvidence(`wine32 ${name}`);
      process.stderr.write(`${lane.pc.tailOfConsole()}\nthe whole console: ${kept}\n`);
    });
  const started = async (request: object): Promise<number> => {
    const asked = { machines: { names: [lane.machine] }, deploy: true, ...request };
    const { runs } = await lane.daemon.ask<RunsStarted>('POST', '/run', asked);
    return runs[0]?.id ?? 0;
  };
  const ended = (id: number): Promise<Run> =>
    lane.until(`the end of run ${id}`, async () => {
      const run = await lane.daemon.ask<Run>('GET', `/runs/${id}`);
      return ['succeeded', 'failed', 'timed-out', 'canceled'].includes(run.state) && run;
    });
  const log = async (id: number): Promise<string> =>
    (await lane.daemon.bytes(`/api/v1/runs/${id}/log`).catch(() => Buffer.alloc(0))).toString('latin1');
  const programsLeft = async (): Promise<string> => {
    lane.pc.type('ps | grep -c "[F]LEET98.B"; echo "PC: counted"');
    const [, count] = await lane.pc.seeOnConsole(/(\d+)\r?\nPC: counted/);
    return count ?? '';
  };

  beforeAll(async () => {
    // An agent of another build, as a person may have brought it.
    const programs = { 'AGENT.EXE': agent.next, 'FTPD98.EXE': readFileSync(committed('FTPD98.EXE')) };
    lane.installOnWindows(programs);
    await lane.powerOn();
    await lane.windowsIsUp();
    await lane.startDaemon();
  });
  afterAll(() => lane.stop());

  test('is registered and probed: Windows 98, its FTP server and its agent', async () => {
    keepConsole('registered');
    await lane.register();
    const { agent: told, ...machine } = await lane.probe();
    expect(machine).toMatchObject({ health: 'good' });
    expect(told).toMatchObject({
      build: agent.nextBuild,
      platform: 'win9x',
      arch: 'i386',
      clock: 'qpc',
      boot: 1,
    });
    expect(told?.os).toMatch(/^Windows 98 4\.10\.2222/);
    expect(told?.cpu).toMatch(/GenuineIntel family 6|Pentium III/);
    expect(told?.ramKb).toBeLessThan(512 * 1024);
  });

  test('gets the ready-made agent over the cable; the old one hands over to it', async () => {
    keepConsole('agent');
    await lane.daemon.ask('POST', `/machines/${lane.machine}/agent`, {});
    const { agent: told } = await lane.daemon.ask<Machine>('GET', `/machines/${lane.machine}`);
    expect(told).toMatchObject({ build: agent.oldBuild, boot: 2 });
    expect((await lane.read('AGENT.EXE')).equals(agent.old)).toBe(true);
  });

  test('runs the starter to its end, which tells what the engine in JavaScript tells', async () => {
    keepConsole('starter');
    const run = await ended(await started({ bundle: 'starter', parameters: { temperature: 0, steps: 100 } }));
    expect(run).toMatchObject({
      state: 'succeeded',
      reason: 'exited',
      exitCode: 0,
      flags: [],
      simulated: false,
    });
    const model = engineModels().find(({ name }) => name === 'the checkpoint of the fixtures');
    const wanted = model && tell(inJavaScript, model, '-t', '0', '-n', '100').text.toString();
    expect(run.text?.replaceAll('\r', '').trimEnd()).toBe(wanted?.trimEnd());
    const { intervalTokensPerSecond: byAgent, reportedTokensPerSecond: byEngine, wallMs } = run.timing ?? {};
    expect([byAgent?.source, byEngine?.source]).toEqual(['agent', 'engine']);
    const [agents = 0, engines = 0] = [byAgent?.value, byEngine?.value];
    process.stdout.write(`${agents.toFixed(3)} tok/s by the agent, ${engines.toFixed(3)} by the engine\n`);
    // Each clock errs by a step at both ends, and the one token between them is counted by one of them only.
    const errorMs = 2 * ((byAgent?.stepMs ?? 0) + (byEngine?.stepMs ?? 0) + 20);
    const most = errorMs / (wallMs?.value ?? 0) + 1 / (run.tokens ?? 0);
    expect(Math.abs(agents / engines - 1)).toBeLessThan(most);
  });

  describe('bears a program that', () => {
    let files: readonly object[];
    const chat = async (name: string, args: readonly string[], request: object = {}): Promise<number> => {
      const command = { exe: 'CHATTER.EXE', args };
      await lane.daemon.ask('POST', '/bundles', { name, files, command });
      return started({ bundle: name, ...request });
    };

    beforeAll(async () => {
      files = [{ name: 'CHATTER.EXE', sha256: await lane.daemon.upload('CHATTER.EXE', chatter()) }];
    });

    test('floods', async () => {
      keepConsole('flood');
      const run = await ended(await chat('flood', ['flood', '3', 'say', 'over']));
      expect(run).toMatchObject({ state: 'succeeded', exitCode: 0 });
      // Each record of the log has a head of its own.
      expect((await log(run.id)).length).toBeGreaterThan(3 * MEBIBYTE);
      expect(await log(run.id)).toContain('over');
    });

    test('hangs, with a child that hangs: both are ended at the time limit', async () => {
      keepConsole('hang');
      const id = await chat('hang', ['child', 'hang', 'say', 'begun', 'hang'], {
        limits: { limitSeconds: 10 },
      });
      expect(await ended(id)).toMatchObject({ state: 'timed-out', text: 'begun\n' });
      expect(await programsLeft()).toBe('0');
    });

    test('waits, and is canceled: it is gone', async () => {
      keepConsole('cancel');
      const id = await chat('wait', ['say', 'begun', 'hang']);
      await lane.until('its first line', async () => (await log(id)).includes('begun'));
      await lane.daemon.ask('POST', `/runs/${id}/cancel`, {});
      expect(await ended(id)).toMatchObject({ state: 'canceled', reason: 'killed', text: 'begun\n' });
      expect(await programsLeft()).toBe('0');
    });

    test('runs when the power fails: both programs start again, and the run is told to have been cut', async () => {
      keepConsole('power');
      const id = await chat('cut', ['say', 'begun', 'hang']);
      await lane.until('its first line', async () => (await log(id)).includes('begun'));
      await lane.cutPower();
      lane.pc.scanDisk();
      await lane.powerOn();
      await lane.windowsIsUp();
      expect(await ended(id)).toMatchObject({
        state: 'failed',
        reason: 'agent-restarted',
        code: 'AGENT_RESTARTED',
      });
      await lane.until('a clean spool', async () => (await lane.leftovers()).length === 0);
      expect(lane.daemonErrors()).toEqual([]);
      expect(lane.daemonLog()).not.toContain(lane.password);
    });
  });
}

if (isPcThere()) describe('the whole job on Windows, in Wine on the emulated PC', jobTests);
