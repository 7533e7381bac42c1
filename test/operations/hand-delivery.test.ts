import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TestFleet } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait-for.ts';

test('a bundle that somebody carried to a machine is placed there by its agent, and needs no deployment', async () => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('shed');
  const contents: Record<string, Buffer> = {
    'WORDS.TXT': Buffer.from('some words'),
    'MORE.TXT': Buffer.from('more words'),
  };
  await fleet.addBundle('words', contents);
  const { bundle, jobId, job, files } = await fleet.operations.byHand('words');
  const spool = join(fleet.folder, 'shed', 'FLEET98');
  mkdirSync(join(spool, 'STAGE'), { recursive: true });
  for (const { name, stage } of files) writeFileSync(join(spool, stage), contents[name] ?? '');
  writeFileSync(join(spool, 'IN', `${jobId}.JOB`), job);
  await waitFor('the agent to place it', () => existsSync(join(spool, bundle.folder, 'BUNDLE.OK')));
  expect(await fleet.deploy('words', ['shed'])).toMatchObject([
    { state: 'already-current', proof: 'agent-crc' },
  ]);
});
