import { eachPoint } from './support/each-point.ts';
import { simulatedPc } from './support/lane.ts';
import { FIRST_BYTES, placePhase, SECOND_BYTES } from './support/story.ts';
import type { Story } from './support/story.ts';
import { killDaemonAt } from './support/daemon-kills.ts';
import type { KillPoint } from './support/daemon-kills.ts';

const sent = (file: string, when: 'before' | 'answered' | number) => (story: Story) => ({
  command: new RegExp(`^STOR .*/${story.staged(file)}$`),
  when,
});
const sized = (file: string, when: 'before' | 'answered') => (story: Story) => ({
  command: new RegExp(`^SIZE .*/${story.staged(file)}$`),
  when,
});
const job = (command: RegExp, when: 'before' | 'answered' | number) => ({ command, when, after: placePhase });

const points: readonly KillPoint[] = [
  { name: 'request answered', at: { told: 'request' } },
  { name: 'preflight told', at: { told: 'target preflight' } },
  { name: 'before USER', at: { command: /^USER/, when: 'before' } },
  { name: 'PASS answered', at: { command: /^PASS/, when: 'answered' } },
  { name: 'before RETR MACHINE.ID', at: { command: /^RETR .*MACHINE\.ID/, when: 'before' } },
  { name: 'RETR AGENT.NFO answered', at: { command: /^RETR .*AGENT\.NFO/, when: 'answered' } },
  { name: 'before SIZE of BUNDLE.OK', at: { command: /^SIZE .*BUNDLE\.OK/, when: 'before' } },
  { name: 'before SIZE of file 1', at: sized('FIRST.BIN', 'before') },
  { name: 'SIZE of file 1 answered', at: sized('FIRST.BIN', 'answered') },
  { name: 'before STOR of file 1', at: sent('FIRST.BIN', 'before') },
  { name: 'STOR of file 1, no byte', at: sent('FIRST.BIN', 0) },
  { name: 'STOR of file 1, one byte', at: sent('FIRST.BIN', 1) },
  { name: 'STOR of file 1 at 50 %', at: sent('FIRST.BIN', FIRST_BYTES / 2) },
  { name: 'STOR of file 1, every byte but no end', at: sent('FIRST.BIN', FIRST_BYTES) },
  { name: 'STOR of file 1 answered', at: sent('FIRST.BIN', 'answered') },
  { name: 'before SIZE of file 2', at: sized('SECOND.BIN', 'before') },
  { name: 'STOR of file 2 at 25 %', at: sent('SECOND.BIN', SECOND_BYTES / 4) },
  { name: 'STOR of file 2, one byte missing', at: sent('SECOND.BIN', SECOND_BYTES - 1) },
  { name: 'STOR of file 2 answered', at: sent('SECOND.BIN', 'answered') },
  { name: 'STOR of the last file answered', at: sent('ENGINE.SH', 'answered') },
  { name: 'transferring told', at: { told: 'target transferring' } },
  { name: 'verifying told', at: { told: 'target verifying' } },
  { name: 'placing told', at: { told: 'target placing' } },
  { name: 'before STOR of the place job', at: job(/^STOR .*\/IN\/.*\.TMP$/, 'before') },
  { name: 'STOR of the place job at byte 10', at: job(/^STOR .*\/IN\/.*\.TMP$/, 10) },
  { name: 'STOR of the place job answered', at: job(/^STOR .*\/IN\/.*\.TMP$/, 'answered') },
  { name: 'RNFR of the place job answered', at: job(/^RNFR/, 'answered') },
  { name: 'before RNTO of the place job', at: job(/^RNTO/, 'before') },
  { name: 'RNTO of the place job answered', at: job(/^RNTO/, 'answered') },
  { name: 'before RETR of the place END', at: job(/^RETR .*\.END$/, 'before') },
  { name: 'RETR of the place END at byte 20', at: job(/^RETR .*\.END$/, 20) },
  { name: 'RETR of the place END answered', at: job(/^RETR .*\.END$/, 'answered') },
  { name: 'before DELE of the place END', at: job(/^DELE .*\.END$/, 'before') },
  { name: 'DELE of the place END answered', at: job(/^DELE .*\.END$/, 'answered') },
  { name: 'done told', at: { told: 'target done' } },
];

eachPoint('deploy, daemon killed', simulatedPc('ts'), points, (lane, name, point) =>
  killDaemonAt(lane, name, [point]),
);
