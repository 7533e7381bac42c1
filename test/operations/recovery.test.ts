import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TestFleet } from '../support/test-fleet.ts';
import { waitFor } from '../support/wait-for.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Counts its own starts in a file of its folder, then prints numbers up to the given one. */
const counting = encode(`
  const fs = require('node:fs');
  fs.appendFileSync('STARTS.TXT', 'x');
  let n = 0;
  const timer = setInterval(() => {
    process.stdout.write((n += 1) + ' ');
    if (n === 60) { clearInterval(timer); process.stdout.write('over'); }
  }, 20);
`);
const sequence = `${Array.from({ length: 60 }, (_, index) => index + 1).join(' ')} over`;
const command = { program: 'node', args: ['COUNT.JS'], keep: [] };

async function fleetWithCounter(): Promise<{ fleet: TestFleet; starts: () => string }> {
  const fleet = await TestFleet.start();
  const pc = await fleet.addPc('old');
  const bundle = await fleet.addBundle('count', { 'COUNT.JS': counting }, command);
  await fleet.deploy('count', ['old']);
  const folder = join(pc.diskFolder, 'FLEET98', bundle.folder);
  return { fleet, starts: () => readFileSync(join(folder, 'STARTS.TXT'), 'utf8') };
}

test('a daemon that is stopped in mid-run and started again has the whole log, once', async () => {
  const { fleet: made, starts } = await fleetWithCounter();
  await using fleet = made;
  const { id } = await fleet.startRun('count', 'old');
  await waitFor('some log', async () => (await fleet.store.runLogs.end(id)) > 100);
  await fleet.stopDaemon();
  await fleet.startDaemon();
  const run = await fleet.runEnd(id);
  expect(run).toMatchObject({ state: 'succeeded', text: sequence, flags: [] });
  expect(starts()).toBe('x');
  expect(run.end?.logBytes).toBe(await fleet.store.runLogs.end(id));
});

test('a run that ended while no daemon was there is collected by the next', async () => {
  const { fleet: made, starts } = await fleetWithCounter();
  await using fleet = made;
  const { id } = await fleet.startRun('count', 'old');
  await fleet.runWhen(id, 'running', (run) => run.state === 'running');
  const { jobId } = await fleet.runWhen(id, 'its job id', (run) => run.jobId !== undefined);
  await fleet.stopDaemon();
  const out = join(fleet.pcs[0]?.diskFolder ?? '', 'FLEET98', 'OUT');
  await waitFor('the END', () => readdirSync(out).includes(`${jobId}.END`));
  await fleet.startDaemon();
  expect(await fleet.runEnd(id)).toMatchObject({ state: 'succeeded', text: sequence });
  expect(starts()).toBe('x');
  await waitFor('a clean OUT', () => readdirSync(out).length === 0);
});

test('a machine whose server goes away and comes back in mid-run loses nothing', async () => {
  const { fleet: made, starts } = await fleetWithCounter();
  await using fleet = made;
  const { id } = await fleet.startRun('count', 'old');
  await waitFor('some log', async () => (await fleet.store.runLogs.end(id)) > 100);
  await fleet.cables[0]?.pull();
  await fleet.runWhen(id, 'trouble', (run) => run.code === 'CONNECT_REFUSED');
  await fleet.cables[0]?.plug();
  expect(await fleet.runEnd(id)).toMatchObject({ state: 'succeeded', text: sequence, flags: [] });
  expect(starts()).toBe('x');
});

test('a job that nobody took is canceled with proof that it never started', async () => {
  const { fleet: made } = await fleetWithCounter();
  await using fleet = made;
  await fleet.pcs[0]?.stopAgent();
  const { id } = await fleet.startRun('count', 'old');
  const folder = join(fleet.pcs[0]?.diskFolder ?? '', 'FLEET98', 'IN');
  await waitFor('the job', () => readdirSync(folder).some((name) => name.endsWith('.JOB')));
  await fleet.operations.cancelRun(id);
  const run = await fleet.runEnd(id);
  expect(run).toMatchObject({ state: 'canceled', code: 'CANCELED' });
  expect(run.end).toBeUndefined();
  expect(readdirSync(folder)).toEqual([]);
});

test('a machine with another id, or none, or another owner, is not written to', async () => {
  await using fleet = await TestFleet.start();
  const pc = await fleet.addPc('old');
  await fleet.addBundle('files', { 'A.TXT': encode('a') });
  const spool = join(pc.diskFolder, 'FLEET98');
  const idFile = readFileSync(join(spool, 'MACHINE.ID'), 'latin1');
  const machine = await fleet.store.machines.findByName('old');

  writeFileSync(join(spool, 'MACHINE.ID'), idFile.replace(machine?.id ?? '', '0123456789ABCDEF'));
  expect(await fleet.deploy('files', ['old'])).toMatchObject([{ state: 'failed', code: 'WRONG_MACHINE' }]);
  rmSync(join(spool, 'MACHINE.ID'));
  expect(await fleet.deploy('files', ['old'])).toMatchObject([{ state: 'failed', code: 'ID_MISSING' }]);
  writeFileSync(join(spool, 'MACHINE.ID'), idFile);
  const owner = readFileSync(join(spool, 'OWNER.TXT'), 'latin1');
  writeFileSync(join(spool, 'OWNER.TXT'), owner.replace(fleet.store.daemonId, 'FEDCBA9876543210'));
  expect(await fleet.deploy('files', ['old'])).toMatchObject([{ state: 'failed', code: 'MACHINE_OWNED' }]);
  expect(readdirSync(join(spool, 'STAGE'))).toEqual([]);
  expect((await fleet.store.machines.findByName('old'))?.health).toBe('suspect');

  await expect(fleet.operations.probeMachine('old', { adopt: false })).rejects.toMatchObject({
    code: 'MACHINE_OWNED',
  });
  await fleet.operations.probeMachine('old', { adopt: true });
  expect(await fleet.deploy('files', ['old'])).toMatchObject([{ state: 'done' }]);
});

test('a canceled deployment stops in mid-transfer, and the next one goes through', async () => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('old', 'ts', { rateBytesPerSecond: 300_000 });
  await fleet.addBundle('big', { 'BIG.BIN': new Uint8Array(600_000).fill(7) });
  const machines = { names: ['old'] };
  const { deployment } = await fleet.operations.deploy({ bundle: 'big', machines, requestedBy: 'test' });
  const target = () => fleet.store.deployments.targets(deployment.id).then((targets) => targets[0]);
  const stage = join(fleet.pcs[0]?.diskFolder ?? '', 'FLEET98', 'STAGE');
  await waitFor('bytes on the disk', () =>
    readdirSync(stage).some((name) => readFileSync(join(stage, name)).length > 50_000),
  );
  await fleet.operations.cancelDeployment(deployment.id);
  await waitFor('the cancel', async () => (await target())?.state === 'canceled');
  await expect(fleet.operations.cancelDeployment(deployment.id)).rejects.toMatchObject({
    code: 'ALREADY_ENDED',
  });
  const [second] = await fleet.deploy('big', ['old']);
  expect(second).toMatchObject({ state: 'done' });
});

test('a machine that is off is waited for; the deployment goes through when it is back', async () => {
  await using fleet = await TestFleet.start();
  await fleet.addPc('old');
  await fleet.addBundle('files', { 'A.TXT': encode('a') });
  await fleet.cables[0]?.pull();
  const machines = { names: ['old'] };
  const { deployment } = await fleet.operations.deploy({ bundle: 'files', machines, requestedBy: 'test' });
  const target = () => fleet.store.deployments.targets(deployment.id).then((targets) => targets[0]);
  await waitFor('a second try', async () => {
    const now = await target();
    return now?.state === 'waiting' && now.code === 'CONNECT_REFUSED' && now.attempts >= 2;
  });
  expect((await fleet.store.machines.findByName('old'))?.health).toBe('late');
  await fleet.cables[0]?.plug();
  await waitFor('the end', async () => (await target())?.state === 'done');
  expect((await fleet.store.machines.findByName('old'))?.health).toBe('good');
});
