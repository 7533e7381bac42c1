import { crc32 } from 'node:zlib';
import type { AgentUpdate } from '../domain/agent-update.ts';
import { asDomainError, DomainError } from '../domain/errors.ts';
import type { AgentFacts, Machine } from '../domain/machine.ts';
import { agentFile, type ReadyProgram } from '../domain/ready-program.ts';
import type { RunEnd } from '../domain/run.ts';
import { encodeUpdateJob } from '../spool/job-file.ts';
import { stagePath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';
import { refreshAgent } from './agent-facts.ts';
import type { AttendedWork } from './attended-work.ts';
import { newJobKey } from './job-key.ts';
import { agentPatienceMs } from './jobs.ts';
import type { Parts } from './parts.ts';
import { kindOf, kitsOf } from './resolve-bundle.ts';
import { requireMachine } from './select-machines.ts';
import { performShortJob } from './short-job.ts';

/** How many waits for a job the two agents may need: the old one measures and tries the new, which then starts. */
const PATIENCE = 4;

interface NewAgent {
  readonly program: ReadyProgram;
  readonly bytes: Buffer;
}

/** Puts ready-made agents in the place of those that run on machines. */
export class AgentUpdates {
  readonly #parts: Parts;
  readonly #work: AttendedWork;

  constructor(parts: Parts, work: AttendedWork) {
    this.#parts = parts;
    this.#work = work;
  }

  async start(): Promise<void> {
    await this.#parts.store.agentUpdates.closeInterrupted(this.#parts.clock.nowMs());
  }

  async update(name: string, requestedBy: string): Promise<AgentUpdate> {
    const machine = await requireMachine(this.#parts.store, name);
    if (machine.state !== 'ready') {
      throw new DomainError('MACHINE_NOT_READY', `${machine.name} is ${machine.state}`);
    }
    const newAgent = await this.#newAgentFor(machine);
    return this.#work.on(machine, 'update', (link) => this.#onLink(link, machine, newAgent, requestedBy));
  }

  async #newAgentFor(machine: Machine): Promise<NewAgent> {
    const { kits } = this.#parts;
    for (const kit of kitsOf(machine)) {
      if (await kits.find(kit, agentFile)) return kits.read(kit, agentFile);
    }
    throw new DomainError('NO_READY_PROGRAM', `there is no agent for ${machine.name} (${kindOf(machine)})`);
  }

  async #onLink(
    link: Link,
    machine: Machine,
    { program, bytes }: NewAgent,
    requestedBy: string,
  ): Promise<AgentUpdate> {
    const { store, clock } = this.#parts;
    const old = await refreshAgent(this.#parts, machine, link);
    if (!old) throw new DomainError('AGENT_NEEDED', `${machine.name} has no agent that could give way`);
    const from = buildOf(old);
    const to = { version: program.version ?? '', build: program.build ?? '' };
    if (from.build === to.build) return { state: 'already-current', from, to };
    refuseUnable(machine, old);
    const note = { machineId: machine.id, from, to, sha256: program.sha256, requestedBy };
    const id = await store.agentUpdates.begin({ ...note, atMs: clock.nowMs() });
    try {
      await this.#handOver(link, machine, { program, bytes });
      await store.agentUpdates.end(id, { state: 'done', atMs: clock.nowMs() });
      return { state: 'done', from, to };
    } catch (thrown) {
      const { code, message: detail } = asDomainError(thrown);
      const state = this.#work.signal.aborted ? 'interrupted' : 'failed';
      await store.agentUpdates.end(id, { state, code, detail, atMs: clock.nowMs() });
      throw thrown;
    }
  }

  async #handOver(link: Link, machine: Machine, { program, bytes }: NewAgent): Promise<void> {
    const source = stagePath(program.sha256);
    const sum = crc32(bytes).toString(16).toUpperCase().padStart(8, '0');
    await link.write(source, bytes);
    const key = newJobKey();
    const file = { source, name: agentFile, sizeBytes: bytes.length, crc32: sum };
    const job = encodeUpdateJob({ ...key, daemon: this.#parts.store.daemonId, file });
    const patienceMs = PATIENCE * agentPatienceMs(link, this.#parts.settings);
    const { end, bad } = await this.#patiently(machine, patienceMs, (signal) =>
      performShortJob(this.#parts, link, machine.id, key, job, signal),
    );
    const now = await this.#agentAfter(link, machine, end.reason === 'done' ? program.build : undefined);
    if (end.reason === 'done' && now?.build === program.build) return;
    if (end.reason !== 'done') await link.remove(source);
    const goesOn = now ? `${now.agent} ${now.version} (${now.build}) goes on` : 'no agent tells of itself';
    throw new DomainError('UPDATE_FAILED', `${whyNot(end, bad)}; on ${machine.name} ${goesOn}`);
  }

  /** What tells of itself now; the new agent says how its start ended a moment before. */
  async #agentAfter(
    link: Link,
    machine: Machine,
    expectedBuild: string | undefined,
  ): Promise<AgentFacts | undefined> {
    const { clock, settings } = this.#parts;
    const startMs = clock.monotonicMs();
    for (;;) {
      const facts = await refreshAgent(this.#parts, machine, link);
      const isLate = clock.monotonicMs() - startMs > agentPatienceMs(link, settings);
      if (expectedBuild === undefined || facts?.build === expectedBuild || isLate) return facts;
      await clock.sleep(settings.jobs.pollMs, this.#work.signal);
    }
  }

  /** Waits for the END, but not for ever: an agent that was killed in between cannot say so. */
  async #patiently<T>(
    machine: Machine,
    patienceMs: number,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { clock } = this.#parts;
    const over = new AbortController();
    const signal = AbortSignal.any([this.#work.signal, over.signal]);
    const done = new AbortController();
    const timer = clock.sleep(patienceMs, done.signal).then(
      () => over.abort(silence(machine, patienceMs)),
      () => undefined,
    );
    try {
      return await work(signal);
    } finally {
      done.abort();
      await timer;
    }
  }
}

const buildOf = ({ version, build }: AgentFacts) => ({ version, build });

function refuseUnable(machine: Machine, { agent, version, kinds }: AgentFacts): void {
  if (kinds.includes('update')) return;
  throw new DomainError(
    'AGENT_UNKNOWN_KIND',
    `${agent} ${version} on ${machine.name} cannot give way by itself: end it there, copy ${agentFile} over it, start it`,
  );
}

const silence = (machine: Machine, afterMs: number): DomainError =>
  new DomainError(
    'AGENT_SILENT',
    `neither the old nor the new agent of ${machine.name} has said within ${Math.round(afterMs / 1000)} s what came of it`,
  );

function whyNot(end: RunEnd, bad: string | undefined): string {
  const { reason, systemError, why } = end;
  const said = systemError ?? why ?? bad;
  if (reason === 'done') return 'the new program is in its place, but another one runs';
  if (reason === 'cannot') return `it was not started from ${agentFile} of its folder`;
  return said === undefined ? reason : `${reason}: ${said}`;
}
