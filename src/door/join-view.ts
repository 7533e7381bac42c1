import { isIPv4 } from 'node:net';
import { FixedView } from '../ftp/server/fixed-view.ts';
import type { LoginAttempt } from '../ftp/server/parts.ts';
import type { Download, Entry, Upload, UploadStart, View, ViewPath } from '../ftp/server/view.ts';
import { ViewRefusal } from '../ftp/server/view.ts';
import type { SetupFile } from './setup-files.ts';
import { SetupView } from './setup-view.ts';

/** An AGENT.NFO ends here. */
const MAX_BYTES = 16_384;
/** Some clients need a login for each file: what one of them tells is found by the next for so long. */
const KEEP_MS = 600_000;
const MAX_KEPT = 200;

/** What a machine that wants to join is given for its AGENT.NFO; undefined: it makes no sense, or too many wait. */
export type Join = (
  address: string,
  info: Uint8Array,
  localAddress: string,
) => Promise<readonly SetupFile[] | undefined>;

interface Given {
  readonly address: string;
  readonly atMs: number;
  readonly files: readonly SetupFile[];
}

/** What machines were given that ask with several logins: by the word that each made up, and their address. */
export class JoinDesk {
  readonly join: Join;
  readonly #given = new Map<string, Given>();

  constructor(join: Join) {
    this.join = join;
  }

  keep(word: string, given: Given): void {
    for (const [known, { atMs }] of this.#given) {
      if (given.atMs - atMs > KEEP_MS || this.#given.size >= MAX_KEPT) this.#given.delete(known);
    }
    this.#given.set(word, given);
  }

  find(word: string, address: string, nowMs: number): readonly SetupFile[] {
    const given = this.#given.get(word);
    return given?.address === address && nowMs - given.atMs <= KEEP_MS ? given.files : [];
  }
}

/**
 * A login of a machine that nobody knows yet. It leaves its AGENT.NFO in OUT, and finds in JOIN what it needs to come again.
 * One that needs a login for each file calls it `<8 hex digits>.NFO`, and looks into the folder of that name in JOIN.
 */
export class JoinView extends FixedView implements View {
  readonly codepage = 'ascii';
  readonly showsShortNames = false;
  readonly #desk: JoinDesk;
  readonly #address: string;
  readonly #localAddress: string;
  #own: readonly SetupFile[] = [];

  constructor(desk: JoinDesk, { address, localAddress, password }: LoginAttempt) {
    super();
    this.#desk = desk;
    this.#address = address;
    // Where a router or a container stands between, the machine calls this host something else, and says so.
    this.#localAddress = isIPv4(password) ? password : localAddress;
  }

  names(folder: ViewPath): Promise<readonly string[]> {
    return this.#now(folder).names(folder);
  }

  list(folder: ViewPath): Promise<readonly Entry[]> {
    return this.#now(folder).list(folder);
  }

  stat(path: ViewPath): Promise<Entry | undefined> {
    return this.#now(path).stat(path);
  }

  keptSize(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  read(path: ViewPath, offset: number): Promise<Download> {
    return this.#now(path).read(path, offset);
  }

  upload([folder, name = '']: ViewPath, _start: UploadStart): Promise<Upload> {
    const [, word] = /^([0-9A-F]{8}|AGENT)\.NFO$/.exec(name.toUpperCase()) ?? [];
    if (folder !== 'OUT' || word === undefined) return Promise.reject(new ViewRefusal('bad-name'));
    const pieces: Uint8Array[] = [];
    let size = 0;
    return Promise.resolve({
      async write(bytes) {
        size += bytes.length;
        if (size > MAX_BYTES) throw new ViewRefusal('quota');
        pieces.push(Uint8Array.from(bytes));
      },
      async sync() {},
      publish: () => this.#take(word, Buffer.concat(pieces)),
      async keep() {},
    });
  }

  async #take(word: string, info: Uint8Array): Promise<void> {
    const files = await this.#desk.join(this.#address, info, this.#localAddress);
    if (files === undefined) throw new ViewRefusal('quota');
    if (word === 'AGENT') this.#own = files;
    else this.#desk.keep(word, { address: this.#address, atMs: Date.now(), files });
  }

  /** What is to be seen now, looked at as far as a path leads. */
  #now([, word = '']: ViewPath): SetupView {
    const others = this.#desk.find(word, this.#address, Date.now());
    const files = [
      ...this.#own.map((file) => ({ ...file, folder: 'JOIN' })),
      ...others.map((file) => ({ ...file, folder: `JOIN/${word}` })),
    ];
    return new SetupView(files, Date.now(), ['JOIN', 'OUT']);
  }
}
