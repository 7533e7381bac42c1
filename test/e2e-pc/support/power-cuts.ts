import { afterAll, describe, expect, onTestFailed, test } from 'vitest';
import type { Machine } from '../../../src/contract/machines.ts';
import { within } from '../../e2e/support/within.ts';
import type { Moment } from '../../support/watched-cable.ts';
import type { PcOptions } from './emulated-pc.ts';
import { PcLane } from './pc-lane.ts';
import { PcStory } from './pc-story.ts';
import type { DiskMoment } from './watched-disk.ts';

/** Where the plug is pulled: at what the cable carries, or at what the disk is about to be given. */
export interface PowerPoint {
  readonly name: string;
  readonly at: (story: PcStory) => { readonly cable: Moment } | { readonly disk: DiskMoment };
  /** The program waits in its middle for the power cut. */
  readonly hold?: true;
  /** The daemon loses its power in the same instant. */
  readonly daemonToo?: true;
  readonly outcome: 'succeeded' | 'failed';
  /** How often the program was started, as far as the disk knows. */
  readonly starts: 0 | 1;
  /** `whole`: all that it printed was kept. `more`: the daemon has more of it than the PC after the cut. */
  readonly log?: 'whole' | 'more';
}

/** One numbered test for each point, on one PC; after a failure a new one, so that no case can spoil the next. */
export function cutPowerAtEach(options: PcOptions, points: readonly PowerPoint[]): void {
  describe(`power cut, ${options.fileSystem}`, () => {
    let lane: PcLane | undefined;
    const stop = async (): Promise<void> => {
      const old = lane;
      lane = undefined;
      await old?.stop();
    };
    afterAll(stop);
    for (const [index, point] of points.entries()) {
      const number = String(index + 1).padStart(2, '0');
      test(`${number} ${point.name}`, async () => {
        const first = lane === undefined;
        lane ??= new PcLane(options);
        const here = lane;
        onTestFailed(async () => {
          const kept = here.keepEvidence(`${options.fileSystem} ${number} ${point.name}`);
          process.stderr.write(`${here.pc.tailOfConsole()}\nthe whole console: ${kept}\n`);
          await stop();
        });
        if (first) await here.begin();
        await cutPowerAt(here, `case-${number}`, point);
      });
    }
  });
}

async function cutPowerAt(lane: PcLane, name: string, point: PowerPoint): Promise<void> {
  const { agent: before } = await machineOf(lane);
  const story = await PcStory.begin(lane, name);
  let off: Promise<string> | undefined;
  const act = (): void => {
    off = lane.cutPower();
    if (point.daemonToo) void lane.killDaemon();
  };
  const at = point.at(story);
  const reached = 'cable' in at ? lane.cable.at(at.cable, act) : lane.pc.disk.at(at.disk, act);
  await story.ask(point.hold ? 'hold' : 'go');
  await within(reached, point.name);
  const left = (await off) ?? '';
  story.expectPromisesKept(left);
  lane.pc.scanDisk();
  await lane.powerOn();
  if (point.daemonToo) await lane.startDaemon();
  await expectTruth(lane, story, point, left);
  const { agent: after } = await machineOf(lane);
  expect(after?.boot, 'the agent counts its starts').toBe((before?.boot ?? 0) + 1);
}

/** What the daemon says of the run is what happened, and what had reached the disk is not lost. */
async function expectTruth(lane: PcLane, story: PcStory, point: PowerPoint, left: string): Promise<void> {
  const run = await story.end();
  const stored = await story.storedLog();
  const logLeft = story.logLeft(left);
  expect(stored.subarray(0, logLeft.length).equals(logLeft), 'the log begins as on the disk').toBe(true);
  expect(story.whole().startsWith(run.text ?? '')).toBe(true);
  const flags = stored.length > logLeft.length && point.outcome === 'failed' ? ['machine-lost-log'] : [];
  expect(run).toMatchObject(
    point.outcome === 'succeeded'
      ? { state: 'succeeded', reason: 'exited', exitCode: 0, flags: [], text: story.whole() }
      : { state: 'failed', reason: 'agent-restarted', code: 'AGENT_RESTARTED', flags },
  );
  if (point.log === 'whole') expect(run.text).toBe(story.whole());
  if (point.log === 'more') expect(stored.length).toBeGreaterThan(logLeft.length);
  expect(await story.starts()).toBe(point.starts);
  await story.expectPlaced();
  await lane
    .until('a clean spool', async () => (await lane.leftovers(story.runJob)).length === 0)
    .catch(() => {});
  expect(await lane.leftovers(story.runJob)).toEqual([]);
  expect(lane.daemonErrors()).toEqual([]);
}

const machineOf = (lane: PcLane): Promise<Machine> =>
  lane.daemon.ask<Machine>('GET', `/machines/${lane.machine}`);
