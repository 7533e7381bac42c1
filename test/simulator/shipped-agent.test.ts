import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { greedyText } from '../../fixtures/checkpoints/generate.mjs';
import { Kits } from '../../src/operations/kits.ts';
import { runSimulator } from '../../src/simulator/run-simulator.ts';
import { TestFleet } from '../support/test-fleet.ts';
import { notTested } from '../contract/agent/build-agent.ts';
import { temporaryFolder } from './support.ts';

const isTrained = existsSync(new URL('../../fixtures/checkpoints/FLEET98.BIN', import.meta.url));
const options = { disksFolder: '', onLine: () => {} };

test('a platform is said instead of profiles, and must have one', async () => {
  const asked = { ...options, disksFolder: temporaryFolder() };
  await expect(runSimulator({ ...asked, platform: 'linux', profiles: ['pi-linux'] })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: 'say which profiles, or which platform, not both',
  });
  await expect(runSimulator({ ...asked, platform: 'unix' })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: 'there is no profile of the platform unix',
  });
});

test.skipIf(process.platform === 'linux' && process.arch === 'x64')(
  'where the ready-made agent cannot run, it is said what can be done',
  async () => {
    const asked = { ...options, disksFolder: temporaryFolder(), platform: 'linux' as const };
    await expect(runSimulator(asked)).rejects.toMatchObject({
      code: 'AGENT_NEEDED',
      message: expect.stringMatching(/^the ready-made agent is for x86_64 Linux, and this is /),
    });
  },
);

describe('PCs of the platform linux', () => {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    notTested('the ready-made agent', 'this is no x86_64 Linux');
    return;
  }

  test('run the ready-made agent', async () => {
    const lines: string[] = [];
    const disksFolder = temporaryFolder();
    const onLine = (line: string): void => void lines.push(line);
    const simulator = await runSimulator({ platform: 'linux', count: 2, disksFolder, onLine });
    try {
      expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
        { name: 'pi-linux', agent: 'shipped' },
        { name: 'pi-linux-2', agent: 'shipped' },
      ]);
      const program = await new Kits().find('linux-x86_64', 'AGENT.EXE');
      const info = readFileSync(join(disksFolder, 'pi-linux', 'FLEET98', 'AGENT.NFO'), 'latin1');
      expect(info).toContain(`\nbuild=${program?.build}\r\n`);
      expect(info).toContain('\narch=x86_64\r\n');
    } finally {
      await simulator.stop();
    }
  });

  test('run the starter with the ready-made engine, and stay marked as simulated', async () => {
    await using fleet = await TestFleet.start();
    await fleet.operations.furnishStarters();
    await fleet.addPc('pc', 'shipped', { platform: 'linux' });
    const [run] = await fleet.operations.run({
      bundle: 'starter',
      machines: { names: ['pc'] },
      parameters: { steps: 20, temperature: 0 },
      limits: {},
      deploy: false,
      requestedBy: 'test',
    });
    const ended = await fleet.runEnd(run?.id ?? 0);
    expect(ended).toMatchObject({ state: 'succeeded', simulated: true, bundleName: 'starter-linux-x86_64' });
    if (isTrained) expect(ended.text?.length).toBeGreaterThan(20);
    else expect(ended.text).toBe(greedyText(20));
    expect(ended.timing?.reportedTokensPerSecond?.source).toBe('engine');
    expect(await fleet.operations.updateAgent('pc', 'test')).toMatchObject({ state: 'already-current' });
  });
});
