import { expect } from 'vitest';
import { isTargetEnded, isTargetPlaced } from '../../src/domain/deployment.ts';
import type { Target } from '../../src/domain/deployment.ts';
import { isRunEnded } from '../../src/domain/run.ts';
import type { Run } from '../../src/domain/run.ts';
import { createRunLogDecoder } from '../../src/spool/run-log.ts';
import { waitFor } from '../support/wait-for.ts';
import { wholeText } from './bundles.ts';
import type { Model } from './model.ts';
import { sha256 } from './world.ts';
import type { AskedRun, World } from './world.ts';

const PATIENCE_MS = 120_000;
const ALL = { limit: 1_000 };

/** What holds at any time. */
export async function expectAlways(world: World): Promise<void> {
  expect(world.violations).toEqual([]);
  expect(world.transitions.violations).toEqual([]);
  for (const pc of world.pcs) {
    expect(pc.overlaps(), `two programs at once on ${pc.name}`).toEqual([]);
    const starts = pc.starts();
    expect(starts, `a run started twice on ${pc.name}`).toEqual([...new Set(starts)]);
  }
  if (world.daemon.isAlive) await expectHonestLanes(world);
}

/** Looked at more than once: a lane and its owner are not read at one moment. */
async function expectHonestLanes(world: World): Promise<void> {
  let held: readonly string[] = [];
  await waitFor('lanes without ended owners', async () => {
    held = await lanesOfEnded(world);
    return held.length === 0;
  }).catch(() => expect(held, 'lanes of ended owners').toEqual([]));
}

async function lanesOfEnded({ store }: World): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const { machineId, ownerId } of await store.lanes.all()) {
    const [kind, id] = ownerId.split(':');
    const run = kind === 'run' ? await store.runs.get(Number(id)) : undefined;
    const target = kind === 'deployment' ? await store.deployments.target(Number(id), machineId) : undefined;
    if ((run && isRunEnded(run.state)) || (target && isTargetEnded(target.state))) wrong.push(ownerId);
  }
  return wrong;
}

/** Brings everything back, waits until nothing goes on any more, and looks at all that has become of it. */
export async function expectGoodEnd(model: Model, world: World): Promise<void> {
  await bringBack(model, world);
  await settled(world);
  await expectAlways(world);
  for (const asked of world.runs) await expectRun(world, asked);
  const pcs = model.machines.filter(({ isRegistered }) => isRegistered).map(({ index }) => world.pc(index));
  const last = [];
  for (const pc of pcs) last.push(await world.run(pc, 'tale@1', true));
  await settled(world);
  for (const asked of last) await expectSuccess(world, asked, await theRun(world, asked));
  await expectAlways(world);
  await expectTargets(world);
  await expectReceipts(world);
  // One that broke off left the file by which it measures the link; the next one takes it away.
  await Promise.all(pcs.map(({ name }) => world.operations.probeMachine(name, { adopt: false })));
  for (const pc of pcs) {
    await waitFor('an empty spool', () => pc.litter().length === 0).catch(() => {});
    expect(pc.litter(), `left behind on ${pc.name}`).toEqual([]);
  }
  expect(await world.store.lanes.all()).toEqual([]);
}

async function bringBack(model: Model, world: World): Promise<void> {
  for (const machine of model.machines) {
    const { cable, pc } = world.pc(machine.index);
    if (!machine.isPlugged) await cable.plug();
    if (!machine.isPowered) await pc.powerOn();
    else if (!machine.hasAgent) await pc.startAgent();
    machine.isPlugged = machine.isPowered = machine.hasAgent = true;
  }
  if (!model.isDaemonAlive) await world.daemon.start();
  for (const { index, isHeld, isRetired } of model.machines) {
    const { name } = world.pc(index);
    if (isRetired) await world.operations.restoreMachine(name);
    if (isHeld) await world.operations.holdMachine(name, false);
  }
}

async function settled(world: World): Promise<void> {
  const { store } = world;
  let open: readonly string[] = [];
  await waitFor(
    'the end of all runs and deployments',
    async () => {
      const runs = (await store.runs.list(ALL)).items.filter(({ state }) => !isRunEnded(state));
      const targets = await store.deployments.openTargets();
      open = [
        ...runs.map((run) => `run ${run.id} is ${run.state} ${run.code ?? ''} ${run.detail ?? ''}`),
        ...targets.map(
          (one) => `target ${one.deploymentId} is ${one.state} ${one.code ?? ''} ${one.detail ?? ''}`,
        ),
      ];
      return open.length === 0 && (await store.lanes.all()).length === 0;
    },
    PATIENCE_MS,
  ).catch((error: unknown) => {
    expect(open, 'still open').toEqual([]);
    throw error;
  });
}

async function theRun({ store }: World, { id }: AskedRun): Promise<Run> {
  const run = await store.runs.get(id);
  if (!run) throw new Error(`run ${id} is not there any more`);
  return run;
}

async function expectRun(world: World, asked: AskedRun): Promise<void> {
  const run = await theRun(world, asked);
  const isOrphan = run.jobId !== undefined && asked.pc.orphans.has(run.jobId);
  if (isOrphan) await expectOrphan(world, asked, run);
  else if (run.state === 'canceled' && asked.isCancelAsked) await expectHonestLog(world, asked, run);
  else if (run.code === 'NOT_DEPLOYED' && (await mayMiss(world, asked, run))) {
    expect(asked.pc.starts()).not.toContain(asked.word);
  } else if (world.wasSilentForLong && silences.includes(run.code ?? '')) {
    expect(run.state, say(asked, run)).toBe('failed');
    expect(asked.pc.starts()).not.toContain(asked.word);
  } else await expectSuccess(world, asked, run);
}

/** Its machine was lost before anything of it had been sent there. */
const silences: readonly string[] = ['UNREACHABLE', 'LINK_LOST', 'TIMEOUT'];

/** Its agent died while it was under way: nobody knows how it ended, and what it had printed is kept. */
async function expectOrphan(world: World, asked: AskedRun, run: Run): Promise<void> {
  expect(run, say(asked, run)).toMatchObject({ state: 'failed', code: 'AGENT_RESTARTED' });
  await expectHonestLog(world, asked, run);
}

/** It waited for a deployment which was canceled, or a remove had broken off. */
async function mayMiss(world: World, { pc, deployFirst }: AskedRun, run: Run): Promise<boolean> {
  const { store } = world;
  if (world.everHalfRemoved.has(`${pc.name} ${world.bundle(run.bundleId).folder}`)) return true;
  if (!deployFirst) return false;
  for (const { id, bundleId } of (await store.deployments.list(ALL)).items) {
    if (bundleId !== run.bundleId) continue;
    const target = await store.deployments.target(id, run.machineId);
    if (target?.state === 'canceled') return true;
  }
  return false;
}

async function expectSuccess(world: World, asked: AskedRun, run: Run): Promise<void> {
  expect(run, say(asked, run)).toMatchObject({ state: 'succeeded', text: wholeText(asked.word), flags: [] });
  expect(asked.pc.starts()).toContain(asked.word);
  const stored = await storedLog(world, run);
  expect(stored.toString(), `${say(asked, run)}: its log is the machine's`).toBe(
    machinesLog(asked, run).toString(),
  );
  await expectHonestLog(world, asked, run);
}

/** What is stored begins as what the machine had at the end; it is whole, and a beginning of what was printed. */
async function expectHonestLog(world: World, asked: AskedRun, run: Run): Promise<void> {
  const stored = await storedLog(world, run);
  const machines = machinesLog(asked, run);
  const beginning = stored.subarray(0, machines.length);
  expect(beginning.equals(machines), `${say(asked, run)}: its log begins as the machine's`).toBe(true);
  const isLonger = stored.length > machines.length && asked.pc.deletedLogs.has(run.jobId ?? '');
  expect(run.flags, say(asked, run)).toEqual(isLonger ? ['machine-lost-log'] : []);
  const decoder = createRunLogDecoder();
  const { damaged, header, chunks } = decoder.push(stored);
  expect(damaged, say(asked, run)).toBeUndefined();
  if (stored.length > 0) expect(header).toMatchObject({ id: run.jobId, token: run.jobToken });
  const printed = Buffer.concat(chunks.map(({ bytes }) => bytes)).toString();
  expect(wholeText(asked.word).startsWith(printed), `${say(asked, run)} printed ${printed}`).toBe(true);
  expect(run.text ?? '').toBe(printed);
}

const say = ({ word, pc }: AskedRun, { id, state, code = '', detail = '' }: Run): string =>
  `run ${id} of ${word} on ${pc.name}, which is ${state} ${code} ${detail}`;

async function storedLog({ store }: World, { id }: Run): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const bytes of store.runLogs.chunks(id, 0)) pieces.push(bytes);
  return Buffer.concat(pieces);
}

/** As it was when the daemon let go of it; one that an agent held too long lies there until the next job. */
const machinesLog = ({ pc }: AskedRun, { jobId = '' }: Run): Buffer =>
  pc.deletedLogs.get(jobId) ?? pc.read(`OUT/${jobId}.LOG`) ?? Buffer.alloc(0);

async function expectTargets(world: World): Promise<void> {
  const { store } = world;
  for (const deployment of (await store.deployments.list(ALL)).items) {
    const isCancelAsked = world.deployments.find(({ id }) => id === deployment.id)?.isCancelAsked === true;
    for (const target of await store.deployments.targets(deployment.id)) {
      const isRight = isTargetPlaced(target.state) || (isCancelAsked && target.state === 'canceled');
      expect(isRight, describeTarget(target)).toBe(true);
    }
  }
  for (const { deploymentId, machine, flaws } of world.placed) {
    const bundleId = (await store.deployments.get(deploymentId))?.bundleId ?? 0;
    expect(flaws.get(bundleId), `deployment ${deploymentId} was placed on ${machine}`).toEqual([]);
  }
  for (const machine of await store.machines.all()) {
    const pc = world.pcs.find(({ name }) => name === machine.name);
    for (const { bundleId, folder } of await store.placements.listFor(machine.id)) {
      if (!pc || world.halfRemoved.has(`${pc.name} ${folder}`)) continue;
      expect(world.flaws(pc, world.bundle(bundleId)), `${folder} on ${pc.name}`).toEqual([]);
    }
  }
}

const describeTarget = ({ deploymentId, machineName, state, code, detail }: Target): string =>
  `deployment ${deploymentId} on ${machineName} is ${state} ${code ?? ''} ${detail ?? ''}`;

/** One for each file of each target that was placed, and none else. */
async function expectReceipts(world: World): Promise<void> {
  const { store } = world;
  const due: string[] = [];
  for (const { id, bundleId } of (await store.deployments.list(ALL)).items) {
    const { folder, files } = world.bundle(bundleId);
    for (const { machineId, state } of await store.deployments.targets(id)) {
      if (!isTargetPlaced(state)) continue;
      for (const [name, bytes] of Object.entries(files)) {
        due.push(`${id} ${machineId} ${folder}/${name} ${bytes.length} ${sha256(bytes)} agent-crc`);
      }
    }
  }
  const told = (await store.receipts.list(ALL)).items.map((one) =>
    [one.deploymentId, one.machineId, one.path, one.sizeBytes, one.sha256, one.method].join(' '),
  );
  expect(told.toSorted()).toEqual(due.toSorted());
}
