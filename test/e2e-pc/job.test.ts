import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import type { Machine } from '../../src/contract/machines.ts';
import type { Run, RunsStarted, TokenLine } from '../../src/contract/runs.ts';
import { engineModels, inJavaScript, tell } from '../agent/tiny98.ts';
import { agentPrograms } from '../contract/agent/update-programs.ts';
import { isPcThere } from './support/is-pc-there.ts';
import { committedAgentPath, PcLane } from './support/pc-lane.ts';

const started = async (lane: PcLane, request: object): Promise<number> => {
  const asked = { machines: { names: [lane.machine] }, deploy: true, ...request };
  const { runs } = await lane.daemon.ask<RunsStarted>('POST', '/run', asked);
  return runs[0]?.id ?? 0;
};

const ended = (lane: PcLane, id: number): Promise<Run> =>
  lane.until(`the end of run ${id}`, async () => {
    const run = await lane.daemon.ask<Run>('GET', `/runs/${id}`);
    return ['succeeded', 'failed', 'timed-out', 'canceled'].includes(run.state) && run;
  });

const LINUX_TICK_MS = 10;

const timeOf = ({ atMs }: TokenLine): number => atMs;

function jobTests(): void {
  const other = agentPrograms(committedAgentPath);
  const lane = new PcLane({ fileSystem: 'vfat', writeBehindSeconds: 2 });
  const keepConsole = (name: string): void =>
    onTestFailed(() => {
      const kept = lane.keepEvidence(`job ${name}`);
      process.stderr.write(`${lane.pc.tailOfConsole()}\nthe whole console: ${kept}\n`);
    });

  beforeAll(async () => {
    await lane.powerOn();
    await lane.startDaemon();
    await lane.person.makeFolder('FLEET98');
    // The same program under another build's mark: an agent of another build, as a person may have brought it.
    await lane.installAgent(other.next);
  });
  afterAll(() => lane.stop());

  test('is registered and probed: an old machine, seen as what it is', async () => {
    keepConsole('registered');
    await lane.register();
    const { agent, ...machine } = await lane.probe();
    expect(machine).toMatchObject({ health: 'good' });
    expect(agent).toMatchObject({ build: other.nextBuild, platform: 'linux', arch: 'i686', boot: 1 });
    expect(agent?.cpu).toMatch(/Pentium II|family 6/);
    expect(agent?.ramKb).toBeLessThan(128 * 1024);
  });

  test('gets the ready-made agent over the cable; the old one hands over to it', async () => {
    keepConsole('agent');
    await lane.daemon.ask('POST', `/machines/${lane.machine}/agent`, {});
    const { agent } = await lane.daemon.ask<Machine>('GET', `/machines/${lane.machine}`);
    expect(agent).toMatchObject({ build: other.oldBuild, boot: 2 });
    expect((await lane.read('AGENT.EXE')).equals(other.old)).toBe(true);
  });

  describe('runs the starter, which is deployed first', () => {
    let run: Run;

    test('to its end, on its disk and by its own processor', async () => {
      keepConsole('starter');
      const parameters = { temperature: 0, steps: 100 };
      run = await ended(lane, await started(lane, { bundle: 'starter', parameters }));
      expect(run).toMatchObject({ state: 'succeeded', reason: 'exited', exitCode: 0, flags: [] });
      expect(run.simulated).toBe(false);
    });

    test('its tokens carry the clock of that PC', async () => {
      keepConsole('clock');
      const { agent } = await lane.daemon.ask<Machine>('GET', `/machines/${lane.machine}`);
      const log = (await lane.daemon.bytes(`/api/v1/runs/${run.id}/log`)).toString('latin1');
      expect(log.split('\n')[0]).toContain(` clock=${agent?.clock} `);
      const clock = { source: 'agent', clock: agent?.clock };
      expect(run.timing).toMatchObject({ ttftMs: clock, intervalTokensPerSecond: clock, wallMs: clock });
      const text = (await lane.daemon.bytes(`/api/v1/runs/${run.id}/tokens`)).toString().trimEnd();
      const times = text.split('\n').map((line) => timeOf(JSON.parse(line)));
      expect(times.length).toBe(run.tokens);
      expect(times).toEqual(times.toSorted((one, next) => one - next));
      expect(times.at(-1)).toBeLessThanOrEqual(run.wallMs ?? 0);
    });

    test('engine and agent agree about its speed, as far as their clocks can tell', () => {
      keepConsole('speed');
      const {
        intervalTokensPerSecond: byAgent,
        reportedTokensPerSecond: byEngine,
        wallMs,
      } = run.timing ?? {};
      expect([byAgent?.source, byEngine?.source]).toEqual(['agent', 'engine']);
      const [agents = 0, engines = 0] = [byAgent?.value, byEngine?.value];
      process.stdout.write(`${agents.toFixed(3)} tok/s by the agent, ${engines.toFixed(3)} by the engine\n`);
      // Each clock errs by a step at both ends; what is printed is seen when the reader's turn has come, a tick of Linux
      // later; and the one token between them is counted by one of them only.
      const errorMs = 2 * ((byAgent?.stepMs ?? 0) + (byEngine?.stepMs ?? 0)) + 2 * LINUX_TICK_MS;
      expect(Math.abs(agents / engines - 1)).toBeLessThan(
        errorMs / (wallMs?.value ?? 0) + 1 / (run.tokens ?? 0),
      );
    });

    test('tells the same story as the engine in JavaScript', () => {
      keepConsole('text');
      const model = engineModels().find(({ name }) => name === 'the checkpoint of the fixtures');
      const wanted = model && tell(inJavaScript, model, '-t', '0', '-n', '100').text.toString();
      expect(run.text?.trimEnd()).toBe(wanted?.trimEnd());
      expect(run.text?.length).toBeGreaterThan(100);
    });
  });

  test('a run of it is canceled: its program is gone', async () => {
    keepConsole('cancel');
    const files = [
      {
        name: 'WAIT.SH',
        sha256: await lane.daemon.upload('WAIT.SH', Buffer.from('echo begun\nsleep 600\n')),
      },
    ];
    await lane.daemon.ask('POST', '/bundles', {
      name: 'wait',
      files,
      command: { program: 'sh', args: ['WAIT.SH'] },
    });
    const id = await started(lane, { bundle: 'wait' });
    await lane.until('its first line', async () =>
      (await lane.daemon.bytes(`/api/v1/runs/${id}/log`).catch(() => Buffer.alloc(0))).includes('begun'),
    );
    await lane.daemon.ask('POST', `/runs/${id}/cancel`, {});
    expect(await ended(lane, id)).toMatchObject({ state: 'canceled', reason: 'killed', text: 'begun\n' });
    lane.pc.type('ps | grep -c [W]AIT.SH; echo "PC: counted"');
    const [, count] = await lane.pc.seeOnConsole(/(\d+)\r?\nPC: counted/);
    expect(count).toBe('0');
    await lane.until('a clean spool', async () => (await lane.leftovers()).length === 0);
    expect(lane.daemonErrors()).toEqual([]);
  });
}

if (isPcThere()) describe('the whole job on the emulated PC', jobTests);
