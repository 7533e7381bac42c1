import type { Bundle, BundleFile } from '../domain/bundle.ts';
import { DomainError } from '../domain/errors.ts';
import type { AgentFacts } from '../domain/machine.ts';
import type { EndFile } from '../spool/end-file.ts';
import { encodePlaceJob } from '../spool/job-file.ts';
import { stagePath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import { newJobKey } from './job-key.ts';
import { checksInEnd, foundInEnd, matchesBundle, readMarker } from './measure-bundle.ts';
import type { BundleCheck, FileCheck, MarkerState } from './measure-bundle.ts';
import type { Parts } from './parts.ts';
import { distrustPlacement, verifyJob } from './placements.ts';
import { retractBundle } from './retract-bundle.ts';
import { checkSent, presentBytes, sendFile } from './send-file.ts';
import type { Sending } from './send-file.ts';
import { performForTarget } from './target-job.ts';
import { isBlocked } from './target-preflight.ts';
import { TargetProgress } from './target-progress.ts';
import { finishCurrent, finishTarget, stepTarget } from './target-work.ts';
import type { TargetWork } from './target-work.ts';

/** Where `place` takes a file from: staged by us, or another version's folder on the same machine. */
interface PlannedFile {
  readonly file: BundleFile;
  readonly source: string;
  readonly send: boolean;
}

/** Brings a bundle to a machine whose agent measures and places the files. */
export async function placeByAgent(
  parts: Parts,
  link: Link,
  work: TargetWork,
  found: { readonly agent: AgentFacts; readonly earlier: EndFile | undefined },
): Promise<void> {
  const { bundle } = work;
  const { agent, earlier } = found;
  const { marker, files: checks } = link.abilities.visits
    ? await lookByAgent(parts, link, work)
    : await lookOverLink(parts, link, work, earlier);
  const bad = checks.filter(({ state }) => state !== 'ok').map(({ file }) => file.name);
  if (marker === 'right' && bad.length === 0) return finishCurrent(parts, work, checks);
  await distrustPlacement(parts, work.machine.id, bundle.id);

  const plan = await planFiles(parts, link, work, checks);
  const sendings = await planSendings(link, plan);
  if (await isBlocked(parts, link, work, agent, sendings)) return;
  const progress = new TargetProgress(parts, work, sendings);
  await stepTarget(parts, work, 'cleared', progress.figures());
  await openFolder(parts, link, work, agent, marker, bad);
  await sendFiles(parts, link, work, sendings, progress);
  await stepTarget(parts, work, 'sent', progress.figures());
  for (const sending of sendings) await checkSent(link, sending);
  await stepTarget(parts, work, 'verified');
  work.allSent();
  const end = await place(parts, link, work, plan);
  const placed = checksInEnd(bundle, end);
  await finishTarget(parts, work, 'placed', new Map(placed.map(({ file, method }) => [file.name, method])));
}

/** What of the bundle lies on the machine. */
type Found = Pick<BundleCheck, 'marker' | 'files'>;

async function lookOverLink(
  parts: Parts,
  link: Link,
  work: TargetWork,
  earlier: EndFile | undefined,
): Promise<Found> {
  const { bundle } = work;
  const marker = await readMarker(link, bundle);
  if (marker === 'absent') return { marker, files: [] };
  const before = measuredBefore(bundle, marker, earlier);
  return { marker, files: before ?? checksInEnd(bundle, await measure(parts, link, work)) };
}

/** Where only the agent can look. What nobody placed is taken to be absent: `place` would find out. */
async function lookByAgent(parts: Parts, link: Link, work: TargetWork): Promise<Found> {
  const { bundle, machine } = work;
  const isKnown = await parts.store.placements.get(machine.id, bundle.id);
  return isKnown ? foundInEnd(bundle, await measure(parts, link, work)) : { marker: 'absent', files: [] };
}

/** The job of an earlier try, which ended just now out of sight, may have measured all of it: that saves a turn. */
function measuredBefore(
  bundle: Bundle,
  marker: MarkerState,
  earlier: EndFile | undefined,
): FileCheck[] | undefined {
  const isWhole =
    marker === 'right' && earlier?.end.reason === 'done' && matchesBundle(bundle, earlier.files);
  return isWhole ? checksInEnd(bundle, earlier) : undefined;
}

async function measure(parts: Parts, link: Link, work: TargetWork): Promise<EndFile> {
  const key = newJobKey();
  const end = await performForTarget(parts, link, work, key, verifyJob(parts, key, work.bundle));
  work.signal.throwIfAborted();
  return end;
}

/** One after the other, or all for the same visit. */
async function sendFiles(
  parts: Parts,
  link: Link,
  work: TargetWork,
  sendings: readonly Sending[],
  progress: TargetProgress,
): Promise<void> {
  const send = (sending: Sending): Promise<void> => sendFile(parts, link, work, sending, progress);
  if (link.abilities.visits) await Promise.all(sendings.map(send));
  else for (const sending of sendings) await send(sending);
}

/** While there is a BUNDLE.OK, `place` changes nothing: it has to go before files can be replaced. */
async function openFolder(
  parts: Parts,
  link: Link,
  work: TargetWork,
  agent: AgentFacts,
  marker: MarkerState,
  bad: readonly string[],
): Promise<void> {
  if (marker === 'absent') return;
  await retractBundle(parts, link, agent, work.bundle, bad, (key, job) =>
    performForTarget(parts, link, work, key, job),
  );
}

/**
 * Decides for each file where `place` finds it. What was measured right just now stays; other versions' files are copied
 * in the first try only, for after a failed one nothing on the machine is trusted any more.
 */
async function planFiles(
  parts: Parts,
  link: Link,
  work: TargetWork,
  checks: readonly FileCheck[],
): Promise<PlannedFile[]> {
  const { bundle, target } = work;
  const right = checks.filter(({ state }) => state === 'ok').map(({ file }) => file);
  const inPlace = new Set(
    [...right, ...(await movedBefore(link, work, checks.length > 0))].map((file) => file.name),
  );
  const known = target.attempts === 0 ? await filesOnMachine(parts, work) : new Map<string, string>();
  for (const file of right) known.set(file.sha256, pathOf(bundle, file));
  return bundle.files.map((file) => {
    if (inPlace.has(file.name)) return { file, source: stagePath(file.sha256), send: false };
    const there = known.get(file.sha256);
    known.set(file.sha256, pathOf(bundle, file));
    return { file, source: there ?? stagePath(file.sha256), send: there === undefined };
  });
}

const pathOf = (bundle: Bundle, file: BundleFile): string => `${bundle.folder}/${file.name}`;

/** Files that an earlier place job of this target moved before it ended; `place` measures them again. */
async function movedBefore(
  link: Link,
  { bundle, target }: TargetWork,
  checked: boolean,
): Promise<BundleFile[]> {
  if (target.jobId === undefined || checked) return [];
  const moved: BundleFile[] = [];
  for (const file of bundle.files) {
    if ((await link.size(pathOf(bundle, file))) === file.sizeBytes) moved.push(file);
  }
  return moved;
}

/** sha256 -> path, over all versions that lie proven on the machine. */
async function filesOnMachine(parts: Parts, { machine, bundle }: TargetWork): Promise<Map<string, string>> {
  const known = new Map<string, string>();
  for (const placement of await parts.store.placements.listFor(machine.id)) {
    if (!placement.verified || placement.folder === bundle.folder) continue;
    const other = await parts.store.bundles.get(placement.bundleId);
    for (const file of other?.files ?? []) known.set(file.sha256, `${placement.folder}/${file.name}`);
  }
  return known;
}

async function planSendings(link: Link, plan: readonly PlannedFile[]): Promise<Sending[]> {
  const sendings: Sending[] = [];
  for (const { file, source, send } of plan) {
    if (send) sendings.push({ file, path: source, presentBytes: await presentBytes(link, source, file) });
  }
  return sendings;
}

async function place(
  parts: Parts,
  link: Link,
  work: TargetWork,
  plan: readonly PlannedFile[],
): Promise<EndFile> {
  const { bundle, machine } = work;
  const key = newJobKey();
  const files = plan.map(({ file, source }) => ({ ...file, source }));
  const job = encodePlaceJob({ ...key, daemon: parts.store.daemonId, dir: bundle.folder, files });
  const ended = await performForTarget(parts, link, work, key, job);
  if (ended.end.reason === 'done' && matchesBundle(bundle, ended.files)) return ended;
  const wrong = plan.find(({ file }) => file.name === ended.bad);
  if (wrong) await forgetFile(parts, link, bundle, machine.id, wrong);
  throw placeError(ended);
}

/** Takes away what turned out to be wrong, so that the next try does not find it again. */
async function forgetFile(
  parts: Parts,
  link: Link,
  bundle: Bundle,
  machineId: string,
  { file, source }: PlannedFile,
): Promise<void> {
  if (source === stagePath(file.sha256)) {
    await link.remove(source);
    await link.remove(pathOf(bundle, file));
  } else {
    await parts.store.placements.markUnverified(machineId);
  }
}

function placeError({ end, bad }: EndFile): DomainError {
  const name = bad ?? 'a file';
  if (end.reason === 'disk-full') return new DomainError('DISK_FULL', `there was no room to place ${name}`);
  if (end.reason === 'bad-job') {
    return new DomainError('JOB_REFUSED', `the agent refused the place job: ${end.why ?? 'no reason'}`);
  }
  return new DomainError('VERIFY_MISMATCH', `the agent measured ${name} and found it ${end.reason}`);
}
