import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LogImport } from '../../src/operations/operations.ts';
import type { Run } from '../../src/domain/run.ts';
import { notTested } from '../contract/agent/build-agent.ts';
import { TestFleet } from '../support/test-fleet.ts';
import { buildForDos, compileForDos, dosMissing, DosPc } from './dosbox.ts';

function importTests(): void {
  let agent: Buffer;
  let program: Buffer;
  let pc: DosPc;
  let fleet: TestFleet;
  beforeAll(() => {
    agent = buildForDos().bytes;
    program = compileForDos('test/agent/dosprog.c');
  });
  beforeEach(async () => {
    pc = new DosPc(agent);
    fleet = await TestFleet.start();
    const login = { transport: 'depot', password: 'x', port: 21 } as const;
    await fleet.operations.registerMachine({ name: 'attic', ...login, platform: 'msdos', labels: {} });
    await fleet.addBundle('tale', { 'PROG.COM': program });
  });
  afterEach(async () => {
    await fleet[Symbol.asyncDispose]();
    pc.remove();
  });

  /** Brings a file of the PC to the daemon. */
  const bring = async (name: string, more: Partial<LogImport> = {}): Promise<Run> => {
    const source = (async function* () {
      yield pc.spool.read(name) ?? Buffer.alloc(0);
    })();
    const { artifact } = await fleet.operations.receiveArtifact('RUN.LOG', source, undefined);
    const asked = { machine: 'attic', bundle: 'tale', parameters: {}, requestedBy: 'test', ...more };
    return fleet.operations.importRun({ log: artifact.sha256, ...asked });
  };

  test('what a person’s own `PROG > RUN.TXT` wrote becomes a run without times', async () => {
    pc.spool.write('PROG.COM', program);
    const { screen } = await pc.type('PROG.COM say Once say upon');
    pc.spool.write('RUN.TXT', screen);
    const run = await bring('RUN.TXT', { exitCode: 0 });
    expect(run).toMatchObject({ state: 'succeeded', text: screen, timing: {}, flags: ['by-hand'] });
    expect(screen).toContain('Once');
  });

  test('the LOG and END of its agent become a run with the agent’s figures', async () => {
    const dir = pc.spool.placed({ 'PROG.COM': program });
    const steps = ['say', 'Once', 'ticks', '4', 'say', 'upon', 'exit', '3'];
    const lines = steps.map((step): [string, string] => ['arg', step]);
    const id = pc.spool.deliver('run', [['dir', dir], ['exe', 'PROG.COM'], ...lines]);
    await pc.turn();
    const run = await bring(`OUT/${id}.LOG`, { end: pc.spool.read(`OUT/${id}.END`) ?? Buffer.alloc(0) });
    expect(run).toMatchObject({
      jobId: id,
      state: 'failed',
      code: 'ENGINE_FAILED',
      end: { reason: 'exited', exitCode: 3 },
      timing: { wallMs: { source: 'agent' } },
      flags: ['by-hand'],
    });
    expect(run.text).toMatch(/Once[^]*upon/);
  });
}

const missing = dosMissing();
if (missing === undefined) describe('a run by hand, in DOSBox', importTests);
else notTested('a run by hand', missing);
