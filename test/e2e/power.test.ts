import type { Moment } from '../support/watched-cable.ts';
import { haveBuiltAgent } from '../support/built-agent.ts';
import { eachPoint } from './support/each-point.ts';
import type { Lane, LaneSimulatedPc } from './support/lane.ts';
import { simulatedPc } from './support/lane.ts';
import { FIRST_BYTES, placePhase, runPhase, Story } from './support/story.ts';
import { within } from './support/within.ts';

/** Where the power fails, how much of what was not flushed is lost with it, and what must become of the run. */
interface PowerPoint {
  readonly name: string;
  readonly at: Moment | ((story: Story) => Moment);
  readonly lose?: number;
  /** The program waits in its middle until the power fails. */
  readonly hold?: true;
  readonly outcome: 'succeeded' | 'failed' | 'either';
}

const first = (when: Moment['when']) => (story: Story) => ({
  command: new RegExp(`^STOR .*/${story.staged('FIRST.BIN')}$`),
  when,
});
const last = (when: Moment['when']) => (story: Story) => ({
  command: new RegExp(`^STOR .*/${story.staged('ENGINE.SH')}$`),
  when,
});
const place = (command: RegExp, when: Moment['when']): Moment => ({ command, when, after: placePhase });
const run = (command: RegExp, when: Moment['when']): Moment => ({ command, when, after: runPhase });

const log = /^RETR .*\.LOG$/;
const logStored: Moment = { command: /^SIZE .*\.LOG$/, when: 'answered', after: [...runPhase, log] };

const points: readonly PowerPoint[] = [
  { name: 'before USER', at: { command: /^USER/, when: 'before' }, outcome: 'succeeded' },
  { name: 'a file has one byte', at: first(1), outcome: 'succeeded' },
  { name: 'a file is half there, 4 KB lost', at: first(FIRST_BYTES / 2), lose: 4_096, outcome: 'succeeded' },
  {
    name: 'a file is there, its end is not, 512 bytes lost',
    at: first(FIRST_BYTES),
    lose: 512,
    outcome: 'succeeded',
  },
  { name: 'a file was confirmed, 10 KB lost', at: first('answered'), lose: 10_000, outcome: 'succeeded' },
  {
    name: 'all files were confirmed, 2 KB of each lost',
    at: last('answered'),
    lose: 2_000,
    outcome: 'succeeded',
  },
  { name: 'place job half sent', at: place(/^STOR .*\.TMP$/, 100), lose: 50, outcome: 'succeeded' },
  { name: 'place job sent, 100 bytes lost', at: place(/^RNFR/, 'before'), lose: 100, outcome: 'succeeded' },
  { name: 'place job published', at: place(/^RNTO/, 'answered'), outcome: 'succeeded' },
  {
    name: 'END of the place job there',
    at: place(/^RETR .*\.END$/, 'before'),
    lose: 1_000,
    outcome: 'succeeded',
  },
  { name: 'END of the place job removed', at: place(/^DELE .*\.END$/, 'answered'), outcome: 'succeeded' },
  { name: 'job half sent', at: run(/^STOR .*\.TMP$/, 100), lose: 50, outcome: 'succeeded' },
  { name: 'job published', at: run(/^RNTO/, 'answered'), outcome: 'either' },
  { name: 'LOG read to byte 1000', at: run(log, 1_000), hold: true, outcome: 'failed' },
  {
    name: 'LOG read to byte 5000, 3 KB lost',
    at: run(log, 5_000),
    lose: 3_000,
    hold: true,
    outcome: 'failed',
  },
  { name: 'LOG read, its end lost', at: run(log, 'answered'), lose: 2_000, hold: true, outcome: 'failed' },
  { name: 'LOG read and stored, 2 KB lost', at: logStored, lose: 2_000, hold: true, outcome: 'failed' },
  { name: 'LOG read and stored, all lost', at: logStored, lose: 1e6, hold: true, outcome: 'failed' },
  { name: 'END of the run there', at: run(/^RETR .*\.END$/, 'before'), lose: 5_000, outcome: 'succeeded' },
  { name: 'END of the run half read', at: run(/^RETR .*\.END$/, 50), outcome: 'succeeded' },
  { name: 'kept file read', at: run(/^RETR .*\.K1$/, 'answered'), outcome: 'succeeded' },
  { name: 'LOG removed', at: run(/^DELE .*\.LOG$/, 'answered'), outcome: 'succeeded' },
  { name: 'END of the run removed', at: run(/^DELE .*\.END$/, 'answered'), outcome: 'succeeded' },
];

async function cutPowerAt(lane: Lane<LaneSimulatedPc>, name: string, point: PowerPoint): Promise<void> {
  const story = await Story.begin(lane, name);
  const moment = typeof point.at === 'function' ? point.at(story) : point.at;
  if (point.hold) lane.onLogRead = () => {};
  let off: Promise<void> = Promise.resolve();
  const reached = lane.cable.at(moment, () => {
    off = lane.pc.powerOff({ loseTailBytes: point.lose ?? 0 });
  });
  await story.ask();
  await within(reached, point.name);
  await off;
  await lane.pc.powerOn();
  await story.expectSurvival(point.outcome);
}

eachPoint('power cut', simulatedPc(haveBuiltAgent() ? 'c' : 'ts'), points, cutPowerAt);
