import { expect, test } from 'vitest';
import * as paths from '../../src/spool/paths.ts';

const sha256 = 'b0a507e7ad0f626624f17112325e66691f9076d622e1d3274d103d00299f2696';

const rows: readonly [what: string, found: string, expected: string][] = [
  ['a waiting job', paths.jobPath('0012ABCD'), 'IN/0012ABCD.JOB'],
  ['a job under way to the machine', paths.jobTempPath('0012ABCD'), 'IN/0012ABCD.TMP'],
  ['a claimed job', paths.runPath('0012ABCD'), 'RUN/0012ABCD.RUN'],
  ['a log', paths.logPath('0012ABCD'), 'OUT/0012ABCD.LOG'],
  ['an end', paths.endPath('0012ABCD'), 'OUT/0012ABCD.END'],
  ['a kept file', paths.keptPath('0012ABCD', 3), 'OUT/0012ABCD.K3'],
  ['the agent’s facts', paths.agentInfoPath, 'AGENT.NFO'],
  ['the machine’s id', paths.machineIdPath, 'MACHINE.ID'],
  ['the owner', paths.ownerPath, 'OWNER.TXT'],
  ['a staged artifact', paths.stagePath(sha256), 'STAGE/B0A507E7.AD0'],
  ['a bundle’s folder', paths.bundleFolder(sha256), 'B/B0A507E7'],
  ['a bundle’s commit', paths.bundleOkPath('B/B0A507E7'), 'B/B0A507E7/BUNDLE.OK'],
];
test.each(rows)('%s', (_what, found, expected) => {
  expect(found).toBe(expected);
});

test.each([
  ['a short id', () => paths.jobPath('ABC')],
  ['a way out of the spool', () => paths.endPath('../../AB')],
  ['small letters', () => paths.logPath('0012abcd')],
  ['slot 0', () => paths.keptPath('0012ABCD', 0)],
  ['slot 10', () => paths.keptPath('0012ABCD', 10)],
  ['a short hash', () => paths.stagePath('ABCD')],
])('%s is a bug', (_what, make) => {
  expect(make).toThrow(expect.objectContaining({ code: 'BUG' }));
});
