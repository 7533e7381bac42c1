import { expect, test } from 'vitest';
import { furnished, newRun, temporaryStore } from './fixtures.ts';

const done = async () => 'done';

test('short jobs that broke off are known until they are removed, and share their ids with nothing', async () => {
  const store = await temporaryStore();
  const { one, two, bundle } = await furnished(store);
  const { shortJobs } = store;
  const job = { jobId: '0000000A', jobToken: 'A'.repeat(16), machineId: one.id };
  const whileUnderWay = shortJobs.during(job, async () => {
    expect(await shortJobs.leftOn(one.id)).toEqual([]);
    expect(await store.runs.knowsJob(job.jobId)).toBe(true);
    throw new Error('the cable is out');
  });
  await expect(whileUnderWay).rejects.toThrow('the cable is out');
  expect(await shortJobs.leftOn(one.id)).toEqual([job]);
  expect(await shortJobs.leftOn(two.id)).toEqual([]);
  expect(await store.remains.machineIds(2)).toEqual([one.id]);
  await store.runs.create([newRun(one, bundle)]);
  const key = { jobId: job.jobId, jobToken: 'B' };
  await expect(store.runs.begin(1, key, 1)).rejects.toMatchObject({ code: 'BUG' });
  await expect(shortJobs.during(job, done)).rejects.toMatchObject({ code: 'BUG' });
  await shortJobs.remove(job.jobId);
  expect(await shortJobs.during(job, done)).toBe('done');
  expect(await shortJobs.leftOn(one.id)).toEqual([]);
  expect(await store.runs.begin(1, key, 1)).toMatchObject({ state: 'starting' });
  await expect(shortJobs.during(job, done)).rejects.toMatchObject({ code: 'BUG' });
});
