import { addAbortSignal } from 'node:stream';
import type { BundleFile } from '../domain/bundle.ts';
import { DomainError } from '../domain/errors.ts';
import type { AgentFacts, Machine } from '../domain/machine.ts';
import { encodePlaceJob } from '../spool/job-file.ts';
import { stagePath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import { refreshAgent } from './agent-facts.ts';
import { newJobKey } from './job-key.ts';
import { performJob } from './jobs.ts';
import type { JobKey } from './jobs.ts';
import type { Parts } from './parts.ts';
import { agentReceipts, hasBundleOk, matchesBundle, verifyBundle } from './placements.ts';
import { findingsFor } from './preflight-plan.ts';
import { publishTarget } from './target-work.ts';
import type { TargetWork } from './target-work.ts';
import { TargetProgress } from './target-progress.ts';

/** Where `place` takes a file from: staged by us, or another version's folder on the same machine. */
interface PlannedFile {
  readonly file: BundleFile;
  readonly source: string;
  readonly send: boolean;
}

/**
 * Brings one machine of a deployment from `preflight` to an end state. What it throws decides what becomes of the
 * target: an error that may heal postpones it, any other fails it.
 */
export async function deployTarget(parts: Parts, work: TargetWork): Promise<void> {
  await parts.sessions.with(work.machine.id, async (link) => {
    const agent = await refreshAgent(parts, work.machine, link);
    const current = agent && (await findCurrent(parts, link, work));
    if (current) return finish(parts, work, 'current', current === 'measured');
    const plan = await planFiles(parts, work);
    const toSend = plan.filter((planned) => planned.send).map((planned) => planned.file);
    if (await isBlocked(parts, work, agent, toSend)) return;
    const progress = new TargetProgress(parts, work, plan);
    await progress.begin();
    await move(parts, work, 'cleared');
    for (const planned of plan) if (planned.send) await sendFile(parts, link, work, planned, progress);
    await progress.flush();
    await move(parts, work, 'sent');
    for (const planned of plan) if (planned.send) await checkStagedSize(link, planned);
    const key = newJobKey();
    await move(parts, work, 'verified', { jobId: key.id, jobToken: key.token });
    await place(parts, link, work, plan, key);
    await finish(parts, work, 'placed', true);
  });
}

/** `known`: there, and measured since the agent's start; `measured`: there, and found right just now. */
async function findCurrent(
  parts: Parts,
  link: Link,
  { bundle, machine, signal }: TargetWork,
): Promise<'known' | 'measured' | undefined> {
  if (!(await hasBundleOk(link, bundle))) return undefined;
  const placement = await parts.store.placements.get(machine.id, bundle.id);
  if (placement?.verified) return 'known';
  const verified = await verifyBundle(parts, link, bundle, signal);
  return verified.end.reason === 'done' && matchesBundle(bundle, verified.files) ? 'measured' : undefined;
}

async function isBlocked(
  parts: Parts,
  work: TargetWork,
  agent: AgentFacts | undefined,
  toSend: readonly BundleFile[],
): Promise<boolean> {
  const findings = await findingsFor(parts.store, work.machine, agent, work.bundle, toSend);
  const block = findings.find((finding) => finding.level === 'block');
  if (!block) return false;
  await move(parts, work, 'blocked', { code: block.code, detail: block.message });
  return true;
}

/** Decides for each file whether it must be sent. After a failed try nothing on the machine is trusted any more. */
async function planFiles(parts: Parts, { bundle, machine, target }: TargetWork): Promise<PlannedFile[]> {
  const known = target.attempts === 0 ? await filesOnMachine(parts, machine) : new Map<string, string>();
  const taken = new Map<string, string>();
  return bundle.files.map((file) => {
    const there = known.get(file.sha256) ?? taken.get(file.sha256);
    taken.set(file.sha256, `${bundle.folder}/${file.name}`);
    return { file, source: there ?? stagePath(file.sha256), send: there === undefined };
  });
}

/** sha256 -> path, over all versions that lie verified on the machine. */
async function filesOnMachine(parts: Parts, machine: Machine): Promise<Map<string, string>> {
  const known = new Map<string, string>();
  for (const placement of await parts.store.placements.listFor(machine.id)) {
    const bundle = placement.verified ? await parts.store.bundles.get(placement.bundleId) : undefined;
    for (const file of bundle?.files ?? []) known.set(file.sha256, `${placement.folder}/${file.name}`);
  }
  return known;
}

async function sendFile(
  parts: Parts,
  link: Link,
  { signal }: TargetWork,
  { file, source }: PlannedFile,
  progress: TargetProgress,
): Promise<void> {
  signal.throwIfAborted();
  const there = await link.size(source);
  if (there === file.sizeBytes) {
    progress.startAt(file, there);
    return;
  }
  const restart = link.abilities.restartWrite;
  const fromByte = there !== undefined && there < file.sizeBytes && restart ? there : 0;
  progress.startAt(file, fromByte);
  const open = (from: number) => addAbortSignal(signal, parts.store.artifactFiles.open(file.sha256, from));
  await link.upload(source, open, {
    size: file.sizeBytes,
    fromByte,
    onProgress: (sent) => progress.fileAt(file, sent),
    ...(fromByte > 0 && restart && { restart }),
  });
}

async function checkStagedSize(link: Link, { file, source }: PlannedFile): Promise<void> {
  const there = await link.size(source);
  if (there === file.sizeBytes) return;
  await link.remove(source);
  throw new DomainError(
    'VERIFY_MISMATCH',
    `${file.name} has ${there ?? 0} bytes on the machine instead of ${file.sizeBytes}`,
  );
}

async function place(
  parts: Parts,
  link: Link,
  { bundle, signal }: TargetWork,
  plan: readonly PlannedFile[],
  key: JobKey,
): Promise<void> {
  const files = plan.map(({ file, source }) => ({
    source,
    name: file.name,
    sizeBytes: file.sizeBytes,
    crc32: file.crc32,
  }));
  const job = encodePlaceJob({ ...key, daemon: parts.store.daemonId, dir: bundle.folder, files });
  const end = await performJob(parts, link, key, job, signal);
  if (end.end.reason === 'done' && matchesBundle(bundle, end.files)) return;
  const wrong = plan.find(({ file }) => file.name === end.bad);
  if (wrong?.send) await link.remove(wrong.source);
  throw placeError(end.end.reason, end.bad, end.end.why);
}

function placeError(reason: string, bad: string | undefined, why: string | undefined): DomainError {
  const name = bad ?? 'a file';
  if (reason === 'disk-full') return new DomainError('DISK_FULL', `there was no room to place ${name}`);
  if (reason === 'bad-job')
    return new DomainError('JOB_REFUSED', `the agent refused the place job: ${why ?? 'no reason'}`);
  return new DomainError('VERIFY_MISMATCH', `the agent measured ${name} and found it ${reason}`);
}

async function move(
  parts: Parts,
  { deployment, machine, signal }: TargetWork,
  event: Parameters<Parts['store']['deployments']['moveTarget']>[2],
  patch: Parameters<Parts['store']['deployments']['moveTarget']>[3] = {},
): Promise<void> {
  signal.throwIfAborted();
  const moved = await parts.store.deployments.moveTarget(
    deployment.id,
    machine.id,
    event,
    patch,
    undefined,
    parts.clock.nowMs(),
  );
  if (moved) publishTarget(parts, moved);
}

/** `proven`: the agent measured the files in this very try, so there is something new to testify. */
async function finish(
  parts: Parts,
  work: TargetWork,
  event: 'placed' | 'current',
  proven: boolean,
): Promise<void> {
  const { bundle, deployment, machine } = work;
  const now = parts.clock.nowMs();
  const moved = await parts.store.deployments.finishTarget(
    deployment.id,
    machine.id,
    event,
    {
      receipts: proven ? agentReceipts(bundle, machine, deployment, now) : [],
      placement: {
        machineId: machine.id,
        bundleId: bundle.id,
        folder: bundle.folder,
        placedAtMs: now,
        verified: true,
      },
    },
    now,
  );
  if (moved) publishTarget(parts, moved);
}
