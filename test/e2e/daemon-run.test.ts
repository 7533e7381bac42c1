import { eachPoint } from './support/each-point.ts';
import { simulatedPc } from './support/lane.ts';
import { FIRST_BYTES, runPhase } from './support/story.ts';
import { killDaemonAt } from './support/daemon-kills.ts';
import type { KillPoint } from './support/daemon-kills.ts';
import { haveBuiltAgent } from '../support/built-agent.ts';

const job = (command: RegExp, when: 'before' | 'answered' | number) => ({ command, when, after: runPhase });

const points: readonly KillPoint[] = [
  { name: 'starting told', at: { told: 'run starting' } },
  { name: 'before the first SIZE of its END', at: job(/^SIZE .*\.END$/, 'before') },
  { name: 'before STOR of the job', at: job(/^STOR .*\.TMP$/, 'before') },
  { name: 'STOR of the job at byte 100', at: job(/^STOR .*\.TMP$/, 100) },
  { name: 'STOR of the job answered', at: job(/^STOR .*\.TMP$/, 'answered') },
  { name: 'RNFR of the job answered', at: job(/^RNFR/, 'answered') },
  { name: 'before RNTO of the job', at: job(/^RNTO/, 'before') },
  { name: 'RNTO of the job answered', at: job(/^RNTO/, 'answered') },
  { name: 'RNTO of the job answered, away until the end', at: job(/^RNTO/, 'answered'), awayUntilEnd: true },
  { name: 'running told', at: { told: 'run running' } },
  { name: 'before the first RETR of the LOG', at: job(/^RETR .*\.LOG$/, 'before') },
  { name: 'RETR of the LOG at byte 1', at: job(/^RETR .*\.LOG$/, 1) },
  { name: 'RETR of the LOG at byte 1400', at: job(/^RETR .*\.LOG$/, 1_400) },
  { name: 'RETR of the LOG at byte 9000', at: job(/^RETR .*\.LOG$/, 9_000) },
  {
    name: 'RETR of the LOG at byte 15000, away until the end',
    at: job(/^RETR .*\.LOG$/, 15_000),
    awayUntilEnd: true,
  },
  { name: 'RETR of the LOG at byte 27000', at: job(/^RETR .*\.LOG$/, 27_000) },
  { name: 'first RETR of the LOG answered', at: job(/^RETR .*\.LOG$/, 'answered') },
  { name: 'REST into the LOG answered', at: { command: /^REST/, when: 'answered' } },
  { name: 'collecting told', at: { told: 'run collecting' } },
  { name: 'before RETR of the END', at: job(/^RETR .*\.END$/, 'before') },
  { name: 'RETR of the END at byte 30', at: job(/^RETR .*\.END$/, 30) },
  { name: 'RETR of the END answered', at: job(/^RETR .*\.END$/, 'answered') },
  { name: 'before RETR of the kept file', at: job(/^RETR .*\.K1$/, 'before') },
  { name: 'RETR of the kept file at byte 5', at: job(/^RETR .*\.K1$/, 5) },
  { name: 'RETR of the kept file answered', at: job(/^RETR .*\.K1$/, 'answered') },
  { name: 'before DELE of the LOG', at: job(/^DELE .*\.LOG$/, 'before') },
  { name: 'DELE of the LOG answered', at: job(/^DELE .*\.LOG$/, 'answered') },
  { name: 'DELE of the kept file answered', at: job(/^DELE .*\.K1$/, 'answered') },
  { name: 'before DELE of the END', at: job(/^DELE .*\.END$/, 'before') },
  { name: 'DELE of the END answered', at: job(/^DELE .*\.END$/, 'answered') },
  { name: 'succeeded told', at: { told: 'run succeeded' } },
];

const again: readonly KillPoint[] = [
  {
    name: 'STOR of a file at 30 %',
    at: (story) => ({
      command: new RegExp(`^STOR .*/${story.staged('FIRST.BIN')}$`),
      when: FIRST_BYTES * 0.3,
    }),
  },
  { name: 'a job renamed', at: { command: /^RNTO/, when: 'answered' } },
  { name: 'RETR of the LOG at byte 3000', at: { command: /^RETR .*\.LOG$/, when: 3_000 } },
  { name: 'RETR of the LOG at byte 20000', at: { command: /^RETR .*\.LOG$/, when: 20_000 } },
  { name: 'RETR of the END answered', at: { command: /^RETR .*\.END$/, when: 'answered' } },
];

const agent = haveBuiltAgent() ? 'c' : 'ts';

eachPoint('run, daemon killed', simulatedPc(agent), points, (lane, name, point) =>
  killDaemonAt(lane, name, [point]),
);

eachPoint('run, daemon killed', simulatedPc(agent), [{ name: 'five times in one story' }], (lane, name) =>
  killDaemonAt(lane, name, again),
);
