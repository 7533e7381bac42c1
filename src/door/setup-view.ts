import { FixedView } from '../ftp/server/fixed-view.ts';
import type { Download, Entry, Upload, View, ViewPath } from '../ftp/server/view.ts';
import { ViewRefusal } from '../ftp/server/view.ts';
import { setupFolders, setupPath } from './setup-files.ts';
import type { SetupFile } from './setup-files.ts';

const parentOf = (path: string): string => path.split('/').slice(0, -1).join('/');

/** Files in memory, such as the setup files, as a client sees them. Nothing can be changed. */
export class SetupView extends FixedView implements View {
  readonly codepage = 'ascii';
  readonly showsShortNames = false;
  readonly #files: ReadonlyMap<string, SetupFile>;
  readonly #folders: readonly string[];
  readonly #modifiedMs: number;

  /** `modifiedMs`: what all of them are dated. `folders`: are there with or without files. */
  constructor(files: readonly SetupFile[], modifiedMs: number, folders: readonly string[] = []) {
    super();
    this.#files = new Map(files.map((file) => [setupPath(file), file]));
    this.#folders = [...new Set([...folders, ...setupFolders(files)])].toSorted();
    this.#modifiedMs = modifiedMs;
  }

  async names(folder: ViewPath): Promise<readonly string[]> {
    return (await this.list(folder)).map(({ name }) => name);
  }

  list(folder: ViewPath): Promise<readonly Entry[]> {
    const wanted = folder.join('/');
    if (wanted !== '' && !this.#folders.includes(wanted)) return Promise.reject(new ViewRefusal('missing'));
    const files = [...this.#files.values()].filter((file) => file.folder === wanted);
    const folders = this.#folders.filter((path) => parentOf(path) === wanted);
    return Promise.resolve([
      ...folders.map((path) => this.#folder(path.split('/').at(-1) ?? '')),
      ...files.map((file) => this.#file(file)),
    ]);
  }

  stat(path: ViewPath): Promise<Entry | undefined> {
    const wanted = path.join('/');
    const file = this.#files.get(wanted);
    const isFolder = this.#folders.includes(wanted);
    return Promise.resolve(file ? this.#file(file) : isFolder ? this.#folder(path.at(-1) ?? '') : undefined);
  }

  keptSize(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  read(path: ViewPath, offset: number): Promise<Download> {
    const bytes = this.#files.get(path.join('/'))?.bytes;
    if (bytes === undefined) return Promise.reject(new ViewRefusal('missing'));
    if (offset > bytes.length) return Promise.reject(new ViewRefusal('bad-offset'));
    return Promise.resolve({
      size: bytes.length,
      async *chunks() {
        yield bytes.subarray(offset);
      },
      close: () => Promise.resolve(),
    });
  }

  upload(): Promise<Upload> {
    return Promise.reject(new ViewRefusal('read-only'));
  }

  #file({ name, bytes }: SetupFile): Entry {
    return { name, kind: 'file', size: bytes.length, modifiedMs: this.#modifiedMs };
  }

  #folder(name: string): Entry {
    return { name, kind: 'folder', size: 0, modifiedMs: this.#modifiedMs };
  }
}
