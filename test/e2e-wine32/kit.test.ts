import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, onTestFailed, test } from 'vitest';
import type { Run, RunsStarted } from '../../src/contract/runs.ts';
import { kitPlan } from '../../src/cli/kit/kit-plan.ts';
import { copyIn } from '../e2e-pc/support/fat-image.ts';
import { isPcThere } from '../e2e-pc/support/is-pc-there.ts';
import { PcLane } from '../e2e-pc/support/pc-lane.ts';

/** A Windows with nothing of ours on it, and a kit in its drive. */

const machine = join(import.meta.dirname, '../../deploy-scripts/machine/win9x');

function kitTests(): void {
  const lane = new PcLane({ fileSystem: 'vfat', writeBehindSeconds: 2, windows: inject('windowsImage') });

  beforeAll(async () => {
    const plan = kitPlan({ platform: 'win9x', name: 'ATTIC-P2', password: lane.password, host: undefined });
    const programs = (plan?.programs ?? []).map((name) => [name, readFileSync(join(machine, name))] as const);
    const texts = (plan?.files ?? []).map(({ name, bytes }) => [name, bytes] as const);
    copyIn(lane.pc.image, 'KIT', Object.fromEntries([...programs, ...texts]));
    await lane.powerOn();
    await lane.startDaemon();
  });
  afterAll(() => lane.stop());

  test('SETUP, typed at its disk, brings it to its first tokens', async () => {
    onTestFailed(() => {
      process.stderr.write(
        `${lane.pc.tailOfConsole()}\nthe whole console: ${lane.keepEvidence('wine32 kit')}\n`,
      );
    });
    lane.pc.type(String.raw`chroot /wine wine cmd /c 'D: & CD \KIT & SETUP' 2>&1 | cat &`);
    await lane.pc.seeOnConsole(/Done\. The window of FTPD98/);
    await lane.register();
    // Both show themselves in windows, which this PC has none of; a probe is well once both work.
    const { agent } = await lane.until('both programs', async () => {
      const probed = await lane.probe().catch(() => undefined);
      return probed?.agent !== undefined && probed;
    });
    expect(agent).toMatchObject({ platform: 'win9x', name: 'ATTIC-P2', path: String.raw`C:\FLEET98` });
    const asked = {
      machines: { names: [lane.machine] },
      bundle: 'starter',
      parameters: { temperature: 0, steps: 20 },
    };
    const { runs } = await lane.daemon.ask<RunsStarted>('POST', '/run', asked);
    const run = await lane.until('the end of the run', async () => {
      const now = await lane.daemon.ask<Run>('GET', `/runs/${runs[0]?.id}`);
      return ['succeeded', 'failed', 'timed-out', 'canceled'].includes(now.state) && now;
    });
    expect(run).toMatchObject({ state: 'succeeded', exitCode: 0 });
    expect(run.tokens).toBeGreaterThan(10);
    // What /install has written for the next start of Windows.
    lane.pc.type(
      String.raw`chroot /wine wine reg query 'HKLM\Software\Microsoft\Windows\CurrentVersion\RunServices' 2>&1 | cat`,
    );
    await lane.pc.seeOnConsole(/FLEET98\\AGENT\.EXE/i);
    await lane.pc.seeOnConsole(/FLEET98\\FTPD98\.EXE/i);
  });
}

if (isPcThere()) describe('a kit', kitTests);
