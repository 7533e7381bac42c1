import type { Clock } from '../lib/clock.ts';
import type { Link, UploadOptions } from '../transports/transport.ts';
import type { AgentFacts } from '../domain/machine.ts';
import { checkIdentity, readIdentity, readIdentityAgain } from './identity.ts';
import type { Turn, Turns } from './turns.ts';

/** How old the last look at the identity may be when something is changed on the machine, and while it is only read. */
const CHANGE_MS = 2_000;
export const READ_MS = 30_000;

export interface Ownership {
  readonly machineId: string;
  readonly daemonId: string;
  readonly name: string;
}

/**
 * A session with a machine that is ours, and only as long as it is: another daemon may adopt it while the session is
 * open. The identity is read when it is opened, again before each change, unless that was just done, and when
 * `confirm` is called. Throws MACHINE_OWNED and its like instead of touching anything.
 */
export class OwnedLink implements Link {
  #link: Link;
  readonly #clock: Clock;
  readonly #ownership: Ownership | undefined;
  readonly #turns: Turns;
  #hasTurns = false;
  #checkedMs: number | undefined;
  #agent: { readonly facts: AgentFacts; readonly atMs: number } | undefined;

  private constructor(link: Link, clock: Clock, turns: Turns, ownership?: Ownership) {
    this.#link = link;
    this.#clock = clock;
    this.#turns = turns;
    this.#ownership = ownership;
  }

  static async open(link: Link, clock: Clock, turns: Turns, ownership: Ownership): Promise<OwnedLink> {
    const owned = new OwnedLink(link, clock, turns, ownership);
    await owned.confirm();
    return owned;
  }

  /** For a probe, which looks at the identity itself. */
  static unchecked(link: Link, clock: Clock, turns: Turns): OwnedLink {
    return new OwnedLink(link, clock, turns);
  }

  /** From now on the agent works only when it is given its turn. */
  takeTurns(): void {
    this.#hasTurns = true;
  }

  get hasTurns(): boolean {
    return this.#hasTurns;
  }

  /** Lets the agent work; when this settles the server is back, the machine still ours, and the link can be used again. */
  async giveTurn(turn: Turn, signal?: AbortSignal): Promise<void> {
    await this.confirm();
    this.#link = await this.#turns.give(this.#link, turn, signal);
    this.#checkedMs = undefined;
    await this.confirm();
    this.noteAgent(await this.#turns.welcome(this));
  }

  /** Reads the identity again unless that was done less than `freshMs` ago. */
  async confirm(freshMs = CHANGE_MS): Promise<void> {
    if (!this.#ownership) return;
    const now = this.#clock.monotonicMs();
    if (this.#checkedMs !== undefined && now - this.#checkedMs < freshMs) return;
    const read = this.#checkedMs === undefined ? readIdentity : readIdentityAgain;
    checkIdentity(await read(this.#link), this.#ownership);
    this.#checkedMs = now;
  }

  /** What the agent says of itself, where that was read and kept a moment ago. */
  get freshAgent(): AgentFacts | undefined {
    const isFresh = this.#agent && this.#clock.monotonicMs() - this.#agent.atMs < CHANGE_MS;
    return isFresh ? this.#agent?.facts : undefined;
  }

  noteAgent(facts: AgentFacts | undefined): void {
    this.#agent = facts && { facts, atMs: this.#clock.monotonicMs() };
  }

  get abilities(): Link['abilities'] {
    return this.#link.abilities;
  }

  get isOpen(): boolean {
    return this.#link.isOpen;
  }

  get transcript(): readonly string[] {
    return this.#link.transcript;
  }

  describeServer(): ReturnType<Link['describeServer']> {
    return this.#link.describeServer();
  }

  size(path: string): Promise<number | undefined> {
    return this.#link.size(path);
  }

  read(path: string, options: Parameters<Link['read']>[1]): Promise<Uint8Array> {
    return this.#link.read(path, options);
  }

  stream(...parameters: Parameters<Link['stream']>): Promise<void> {
    return this.#link.stream(...parameters);
  }

  list(folder: string): Promise<string[]> {
    return this.#link.list(folder);
  }

  folderExists(path: string): Promise<boolean> {
    return this.#link.folderExists(path);
  }

  loginFolder(): Promise<string | undefined> {
    return this.#link.loginFolder();
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    await this.confirm();
    return this.#link.write(path, bytes);
  }

  async upload(path: string, open: Parameters<Link['upload']>[1], options: UploadOptions): Promise<void> {
    await this.confirm();
    return this.#link.upload(path, open, options);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.confirm();
    return this.#link.rename(from, to);
  }

  async remove(path: string): Promise<boolean> {
    await this.confirm();
    return this.#link.remove(path);
  }

  async makeFolder(path: string): Promise<void> {
    await this.confirm();
    return this.#link.makeFolder(path);
  }

  askEndServer(): Promise<boolean> {
    return this.#link.askEndServer();
  }

  async yield(): Promise<boolean> {
    await this.confirm();
    return this.#link.yield();
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
