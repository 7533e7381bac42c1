import { runPhase } from '../e2e/support/story.ts';
import { named, written } from './support/disk-moments.ts';
import { isPcThere } from './support/is-pc-there.ts';
import { FIRST_BYTES } from './support/pc-story.ts';
import { cutPowerAtEach } from './support/power-cuts.ts';
import type { PowerPoint } from './support/power-cuts.ts';

const points: readonly PowerPoint[] = [
  {
    name: 'a file is half there',
    at: (story) => ({
      cable: { command: new RegExp(`^STOR .*/${story.staged('FIRST.BIN')}$`), when: FIRST_BYTES / 2 },
    }),
    outcome: 'succeeded',
    starts: 1,
  },
  {
    name: 'the first file of the bundle is in its place',
    at: () => named(() => 'FIRST.BIN', 'after'),
    outcome: 'succeeded',
    starts: 1,
  },
  {
    name: 'BUNDLE.OK is there',
    at: () => named(() => 'BUNDLE.OK', 'after'),
    outcome: 'succeeded',
    starts: 1,
  },
  {
    name: 'the run is about to be claimed',
    at: (story) => named(() => `${story.runJob}.RUN`, 'before'),
    outcome: 'succeeded',
    starts: 1,
  },
  {
    name: 'in the middle of the run, while its log is read',
    at: () => ({ cable: { command: /^RETR .*\.LOG$/, when: 5_000, after: runPhase } }),
    hold: true,
    outcome: 'failed',
    starts: 1,
  },
  {
    name: 'the log is on the disk, its end is not',
    at: (story) => written(() => [`id=${story.runJob}`, 'reason=exited'], 'before'),
    outcome: 'failed',
    starts: 1,
    log: 'whole',
  },
  {
    name: 'the end of the run is there',
    at: (story) => named(() => `${story.runJob}.END`, 'after'),
    outcome: 'succeeded',
    starts: 1,
  },
  {
    name: 'in the middle of the run, for PC and daemon at once',
    at: () => ({ cable: { command: /^RETR .*\.LOG$/, when: 5_000, after: runPhase } }),
    hold: true,
    daemonToo: true,
    outcome: 'failed',
    starts: 1,
  },
];

if (isPcThere()) cutPowerAtEach({ fileSystem: 'vfat', writeBehindSeconds: 2 }, points);
