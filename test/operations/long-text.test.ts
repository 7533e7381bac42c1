import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HandAgent } from '../support/hand-agent.ts';
import { TestFleet } from '../support/test-fleet.ts';

test('of a text that is very long the beginning is kept with the run, and all of it in the log', async () => {
  await using fleet = await TestFleet.start();
  const pc = await fleet.addPc('old');
  const command = { program: 'node', args: ['GO.JS'], keep: [] };
  await fleet.addBundle('app', { 'GO.JS': new TextEncoder().encode('0') }, command);
  await fleet.deploy('app', ['old']);
  await pc.stopAgent();
  const hand = new HandAgent(join(pc.diskFolder, 'FLEET98'));
  const { id } = await fleet.startRun('app', 'old');
  const job = await hand.claim();
  const pieces = Array.from({ length: 300 }, (_, n) => String(n % 10).repeat(4096));
  const log = hand.head(job) + pieces.map((piece, n) => hand.record(piece, n + 1)).join('');
  hand.write(`OUT/${job.id}.LOG`, log);
  hand.finish(job, hand.end(job, 'exited'));
  const run = await fleet.runEnd(id);
  expect(run).toMatchObject({ state: 'succeeded', tokens: 300, flags: ['text-cut'] });
  expect(run.text === pieces.join('').slice(0, 1_048_576)).toBe(true);
  expect(run.timing?.intervalTokensPerSecond?.value).toBe(1000);
  expect(await fleet.store.runLogs.end(id)).toBe(log.length);
  const texts: string[] = [];
  for await (const { text } of fleet.operations.tokenEvents(id)) texts.push(text);
  expect(texts.join('') === pieces.join('')).toBe(true);
});
