import { runPhase } from '../e2e/support/story.ts';
import type { Moment } from '../support/watched-cable.ts';
import { named, written } from './support/disk-moments.ts';
import { isPcThere } from './support/is-pc-there.ts';
import { cutPowerAtEach } from './support/power-cuts.ts';
import type { PowerPoint } from './support/power-cuts.ts';

const run = (command: RegExp, when: Moment['when']): { cable: Moment } => ({
  cable: { command, when, after: runPhase },
});
const log = /^RETR .*\.LOG$/;

const points: readonly PowerPoint[] = [
  {
    name: 'all files were confirmed, none is on the disk',
    at: (story) => ({
      cable: { command: new RegExp(`^STOR .*/${story.staged('ENGINE.SH')}$`), when: 'answered' },
    }),
    outcome: 'succeeded',
    starts: 1,
  },
  {
    name: 'all files are in their places, BUNDLE.OK is not',
    at: () => named(() => 'BUNDLE.OK', 'before'),
    outcome: 'succeeded',
    starts: 1,
  },
  { name: 'the job is published', at: () => run(/^RNTO/, 'answered'), outcome: 'succeeded', starts: 1 },
  {
    name: 'the run is claimed',
    at: (story) => named(() => `${story.runJob}.RUN`, 'after'),
    outcome: 'failed',
    starts: 0,
  },
  {
    name: 'in the middle of the run, the daemon has the log and the disk has not',
    at: () => ({ cable: { command: /^SIZE .*\.LOG$/, when: 'answered', after: [...runPhase, log] } }),
    hold: true,
    outcome: 'failed',
    starts: 1,
    log: 'more',
  },
  {
    name: 'the end of the run is written, under its first name',
    at: (story) => written(() => [`id=${story.runJob}`, 'reason=exited'], 'after'),
    outcome: 'failed',
    starts: 1,
    log: 'whole',
  },
  {
    name: 'the log was removed',
    at: () => run(/^DELE .*\.LOG$/, 'answered'),
    outcome: 'succeeded',
    starts: 1,
  },
  {
    name: 'the end was removed',
    at: () => run(/^DELE .*\.END$/, 'answered'),
    outcome: 'succeeded',
    starts: 1,
  },
];

if (isPcThere()) cutPowerAtEach({ fileSystem: 'msdos', writeBehindSeconds: 30 }, points);
