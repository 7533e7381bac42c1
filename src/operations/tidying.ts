import type { Bundle } from '../domain/bundle.ts';
import { asDomainError, DomainError } from '../domain/errors.ts';
import type { AgentFacts, Machine } from '../domain/machine.ts';
import { stagePath } from '../spool/paths.ts';
import type { Remains } from '../store/remains.ts';
import type { Link } from '../transports/transport.ts';
import { refreshAgent } from './agent-facts.ts';
import { withFilesLane } from './files-lane.ts';
import { freeMachines } from './lanes.ts';
import type { Parts } from './parts.ts';
import { isFolderPlaced, neededBy, removeVersion } from './placed-versions.ts';
import { removeOverLink } from './retract-bundle.ts';
import { settleJob } from './settle-job.ts';
import { settleLeftovers } from './settle-leftovers.ts';
import { performShortJob } from './short-job.ts';
import type { Work } from './work-loop.ts';

/** So many placed versions of a bundle stay on a machine: the one in use, and the one to go back to. */
const KEPT_VERSIONS = 2;

/**
 * Keeps old disks from filling up with what nobody needs: staged files and half-placed bundles of deployments that were
 * canceled or failed, ends of short jobs that nobody waits for, and all but the last versions of a bundle. Done when a machine is at hand and has nothing else to do.
 */
export class Tidying {
  readonly #parts: Parts;
  /** Machines that may need it, and from when on, by the monotonic clock. */
  readonly #due = new Map<string, number>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    // Nobody is at work yet: what holds such a lane died with the daemon before this one.
    await this.#parts.store.lanes.releaseKind('files');
    for (const id of await this.#parts.store.remains.machineIds(KEPT_VERSIONS)) this.note(id);
  }

  /** Something ended on that machine. */
  note(machineId: string): void {
    this.#due.set(machineId, 0);
  }

  async find(): Promise<Work[]> {
    const now = this.#parts.clock.monotonicMs();
    const due = [...this.#due].filter(([, notBefore]) => notBefore <= now).map(([id]) => id);
    if (due.length === 0) return [];
    const free = await freeMachines(this.#parts.store);
    return due
      .filter((id) => free.has(id))
      .map((id) => ({ key: `tidy:${id}`, run: (signal) => this.#tidy(id, signal) }));
  }

  async #tidy(machineId: string, signal: AbortSignal): Promise<void> {
    const { log, settings, store } = this.#parts;
    // First: what is noted while this goes on must not be forgotten at its end.
    this.#due.delete(machineId);
    const machine = await store.machines.get(machineId);
    if (!machine || !(await this.#hasWork(machineId))) return;
    if (machine.health !== 'good') return this.#later(machineId, settings.deploy.retryMaxMs);
    try {
      await withFilesLane(this.#parts, machine, 'tidy', signal, () =>
        this.#parts.sessions.with(machineId, async (link) => {
          await settleLeftovers(this.#parts, link, machineId, signal);
          const found = await refreshAgent(this.#parts, machine, link);
          refuseBusy(machine, found);
          // Nobody is called to a keyboard to tidy up.
          const agent = link.hasTurns && link.abilities.endServer !== true ? undefined : found;
          // Looked up again now that the lane is held: until then a deployment may have changed all of it.
          const left = await store.remains.listFor(machineId);
          for (const remains of left) await clearRemains(this.#parts, link, remains, signal);
          const surplus = await this.#surplus(machineId);
          for (const bundle of surplus) await this.#remove(link, machine, agent, bundle, signal);
        }),
      );
    } catch (thrown) {
      const { code, message } = asDomainError(thrown);
      log.debug({ machine: machine.name, code, detail: message }, 'a machine could not be tidied up');
      this.#later(machineId, settings.deploy.retryMaxMs);
    }
  }

  #later(machineId: string, pauseMs: number): void {
    this.#due.set(machineId, this.#parts.clock.monotonicMs() + pauseMs);
  }

  async #hasWork(machineId: string): Promise<boolean> {
    const { remains, shortJobs } = this.#parts.store;
    if ((await remains.listFor(machineId)).length > 0) return true;
    if ((await shortJobs.leftOn(machineId)).length > 0) return true;
    return (await this.#surplus(machineId)).length > 0;
  }

  async #surplus(machineId: string): Promise<Bundle[]> {
    const { bundles, remains } = this.#parts.store;
    const surplus: Bundle[] = [];
    for (const id of await remains.surplusBundleIds(machineId, KEPT_VERSIONS)) {
      const bundle = await bundles.get(id);
      if (bundle && !(await neededBy(this.#parts.store, machineId, id))) surplus.push(bundle);
    }
    return surplus;
  }

  async #remove(
    link: Link,
    machine: Machine,
    agent: AgentFacts | undefined,
    bundle: Bundle,
    signal: AbortSignal,
  ): Promise<void> {
    if (await neededBy(this.#parts.store, machine.id, bundle.id)) return;
    await removeVersion(this.#parts, link, machine, agent, bundle, (key, job) =>
      performShortJob(this.#parts, link, machine.id, key, job, signal),
    );
  }
}

/** Nothing of ours is under way: the agent works for another daemon, or for what this one forgot in a restore. */
function refuseBusy({ name }: Machine, agent: AgentFacts | undefined): void {
  if (agent?.job === undefined) return;
  throw new DomainError('MACHINE_BUSY', `the agent of ${name} is busy with the job ${agent.job}`);
}

/** Removes what a target left on its machine, except for what another open target may go on with. */
async function clearRemains(parts: Parts, link: Link, remains: Remains, signal: AbortSignal): Promise<void> {
  const { store } = parts;
  const { machineId, bundleId, jobId, jobToken } = remains;
  if (jobId !== undefined && jobToken !== undefined) {
    await settleJob(parts, link, { id: jobId, token: jobToken }, signal);
  }
  const bundle = await store.bundles.get(bundleId);
  const wanted = await openBundles(parts, machineId);
  const hashes = new Set(wanted.flatMap((other) => other.files.map((file) => file.sha256)));
  for (const { sha256 } of bundle?.files ?? []) if (!hashes.has(sha256)) await link.remove(stagePath(sha256));
  if (bundle && !(await isFolderUsed(parts, machineId, bundle, wanted))) {
    const names = bundle.files.map((file) => file.name);
    await removeOverLink(link, bundle, names);
  }
  await store.remains.cleared(remains);
}

async function openBundles({ store }: Parts, machineId: string): Promise<Bundle[]> {
  const ids = await store.deployments.openBundleIds(machineId);
  const bundles = await Promise.all(ids.map((id) => store.bundles.get(id)));
  return bundles.filter((bundle) => bundle !== undefined);
}

async function isFolderUsed(
  { store }: Parts,
  machineId: string,
  { folder }: Bundle,
  wanted: readonly Bundle[],
): Promise<boolean> {
  return wanted.some((other) => other.folder === folder) || isFolderPlaced(store, machineId, folder);
}
