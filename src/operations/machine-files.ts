import type { Bundle } from '../domain/bundle.ts';
import { isProof, weakestMethod } from '../domain/deployment.ts';
import { DomainError } from '../domain/errors.ts';
import type { AgentFacts, Machine } from '../domain/machine.ts';
import type { Link } from '../transports/transport.ts';
import { refreshAgent } from './agent-facts.ts';
import type { AttendedWork } from './attended-work.ts';
import type { EndFile } from '../spool/end-file.ts';
import { newJobKey } from './job-key.ts';
import { checkOverLink, checksInEnd, foundInEnd, readMarker } from './measure-bundle.ts';
import type { BundleCheck, FileCheck } from './measure-bundle.ts';
import type { Parts } from './parts.ts';
import { bundleFor } from './resolve-bundle.ts';
import { neededBy, removeVersion } from './placed-versions.ts';
import { verifyJob } from './placements.ts';
import { requireMachine } from './select-machines.ts';
import { performShortJob } from './short-job.ts';

/** What a person does with the files that lie on one machine. */
export class MachineFiles {
  readonly #parts: Parts;
  readonly #work: AttendedWork;

  constructor(parts: Parts, work: AttendedWork) {
    this.#parts = parts;
    this.#work = work;
  }

  /** Measures what is placed there, or one bundle of it, and keeps what was found out. NOT_DEPLOYED, MACHINE_BUSY. */
  async verify(name: string, reference: string | undefined): Promise<BundleCheck[]> {
    const machine = await this.#readyMachine(name);
    const bundles =
      reference === undefined ? await this.#placed(machine) : [await this.#one(machine, reference)];
    if (bundles.length === 0) return [];
    return this.#onMachine(machine, 'verify', async (link, agent) => {
      const checks: BundleCheck[] = [];
      for (const bundle of bundles) checks.push(await this.#check(link, machine, agent, bundle));
      return checks;
    });
  }

  /** Takes a bundle version from a machine; its receipts stay. NOT_DEPLOYED, BUNDLE_IN_USE, MACHINE_BUSY. */
  async remove(name: string, reference: string): Promise<Bundle> {
    const machine = await this.#readyMachine(name);
    const bundle = await this.#one(machine, reference);
    await this.#refuseNeeded(machine, bundle);
    await this.#onMachine(machine, 'remove', async (link, agent) => {
      await this.#refuseNeeded(machine, bundle);
      await removeVersion(this.#parts, link, machine, agent, bundle, (key, job) =>
        performShortJob(this.#parts, link, machine.id, key, job, this.#work.signal),
      );
    });
    return bundle;
  }

  async #readyMachine(name: string): Promise<Machine> {
    const machine = await requireMachine(this.#parts.store, name);
    if (machine.state === 'ready') return machine;
    throw new DomainError('MACHINE_NOT_READY', `${machine.name} is ${machine.state}`);
  }

  async #placed(machine: Machine): Promise<Bundle[]> {
    const { bundles, placements } = this.#parts.store;
    const found: Bundle[] = [];
    for (const { bundleId } of await placements.listFor(machine.id)) {
      const bundle = await bundles.get(bundleId);
      if (bundle) found.push(bundle);
    }
    return found;
  }

  async #one(machine: Machine, reference: string): Promise<Bundle> {
    const bundle = await bundleFor(this.#parts, reference, machine);
    if (await this.#parts.store.placements.get(machine.id, bundle.id)) return bundle;
    throw new DomainError('NOT_DEPLOYED', `${bundle.name}@${bundle.version} is not on ${machine.name}`);
  }

  async #refuseNeeded(machine: Machine, bundle: Bundle): Promise<void> {
    const needer = await neededBy(this.#parts.store, machine.id, bundle.id);
    if (needer === undefined) return;
    const what = `${bundle.name}@${bundle.version}`;
    throw new DomainError('BUNDLE_IN_USE', `${needer} needs ${what} on ${machine.name}`);
  }

  #onMachine<T>(
    machine: Machine,
    what: 'verify' | 'remove',
    use: (link: Link, agent: AgentFacts | undefined) => Promise<T>,
  ): Promise<T> {
    return this.#work.on(machine, what, async (link) =>
      use(link, await refreshAgent(this.#parts, machine, link)),
    );
  }

  async #check(
    link: Link,
    machine: Machine,
    agent: AgentFacts | undefined,
    bundle: Bundle,
  ): Promise<BundleCheck> {
    const { marker, files } = link.abilities.visits
      ? foundInEnd(bundle, await this.#askAgent(link, machine, bundle))
      : await this.#look(link, machine, agent, bundle);
    const isWhole = marker === 'right' && files.every(({ state }) => state === 'ok');
    await this.#keep(machine, bundle, isWhole && isProof(weakestMethod(files.map(({ method }) => method))));
    return { bundle, marker, files, isWhole };
  }

  async #look(
    link: Link,
    machine: Machine,
    agent: AgentFacts | undefined,
    bundle: Bundle,
  ): Promise<Pick<BundleCheck, 'marker' | 'files'>> {
    const marker = await readMarker(link, bundle);
    const byAgent = agent !== undefined && marker !== 'absent';
    const files = byAgent
      ? checksInEnd(bundle, await this.#askAgent(link, machine, bundle))
      : await this.#lookOverLink(link, bundle);
    return { marker, files };
  }

  #askAgent(link: Link, machine: Machine, bundle: Bundle): Promise<EndFile> {
    const key = newJobKey();
    const job = verifyJob(this.#parts, key, bundle);
    return performShortJob(this.#parts, link, machine.id, key, job, this.#work.signal);
  }

  async #lookOverLink(link: Link, bundle: Bundle): Promise<FileCheck[]> {
    const { readBackMaxBytes } = this.#parts.settings.deploy;
    const files: FileCheck[] = [];
    for (const file of bundle.files) {
      this.#work.signal.throwIfAborted();
      files.push(await checkOverLink(link, `${bundle.folder}/${file.name}`, file, readBackMaxBytes));
    }
    return files;
  }

  async #keep(machine: Machine, bundle: Bundle, verified: boolean): Promise<void> {
    const { placements } = this.#parts.store;
    const placement = await placements.get(machine.id, bundle.id);
    if (placement && placement.verified !== verified) await placements.put({ ...placement, verified });
  }
}
