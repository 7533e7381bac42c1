import { expect, test } from 'vitest';
import { furnished, newRun, temporaryStore } from './fixtures.ts';

test('short jobs are known until they are removed, and share their ids with nothing', async () => {
  const store = await temporaryStore();
  const { one, two, bundle } = await furnished(store);
  const job = { jobId: '0000000A', jobToken: 'A'.repeat(16), machineId: one.id };
  await store.shortJobs.add(job);
  expect(await store.shortJobs.listFor(one.id)).toEqual([job]);
  expect(await store.shortJobs.listFor(two.id)).toEqual([]);
  expect(await store.remains.machineIds(2)).toEqual([one.id]);
  expect(await store.runs.knowsJob(job.jobId)).toBe(true);
  await store.runs.create([newRun(one, bundle)]);
  const key = { jobId: job.jobId, jobToken: 'B' };
  await expect(store.runs.begin(1, key, 1)).rejects.toMatchObject({ code: 'BUG' });
  await expect(store.shortJobs.add(job)).rejects.toMatchObject({ code: 'BUG' });
  await store.shortJobs.remove(job.jobId);
  expect(await store.shortJobs.listFor(one.id)).toEqual([]);
  expect(await store.runs.begin(1, key, 1)).toMatchObject({ state: 'starting' });
  await expect(store.shortJobs.add(job)).rejects.toMatchObject({ code: 'BUG' });
});
