import { createHash } from 'node:crypto';
import { lstat, mkdir, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../../lib/atomic-file.ts';
import type { CodepageName } from './codepage.ts';
import { nameKey } from './glob.ts';
import { openDownload } from './host-download.ts';
import { codeOf, onHost } from './host-errors.ts';
import { HostPaths } from './host-paths.ts';
import { HostQuota } from './host-quota.ts';
import { HostUpload } from './host-upload.ts';
import type { UploadBase } from './host-upload.ts';
import type { Download, Entry, Upload, UploadStart, View, ViewPath } from './view.ts';
import { ViewRefusal } from './view.ts';

export interface HostFolderOptions {
  readonly folder: string;
  readonly codepage?: CodepageName;
  readonly showsShortNames?: boolean;
  /** Of everything in it, broken uploads too. */
  readonly quotaBytes?: number;
  readonly quotaEntries?: number;
  /** How long a broken upload is kept. */
  readonly keepPartsMs?: number;
}

const weekMs = 7 * 86_400_000;

/**
 * A folder of the host that clients may change. There must be one object per folder, for all its logins: it keeps uploads
 * to the same name apart.
 */
export class HostFolderView implements View {
  readonly codepage: CodepageName;
  readonly showsShortNames: boolean;
  readonly #paths: HostPaths;
  readonly #quota: HostQuota;
  readonly #hasQuota: boolean;
  readonly #keepPartsMs: number;
  readonly #uploads = new Map<string, HostUpload>();
  #last: Promise<unknown> = Promise.resolve();

  private constructor(paths: HostPaths, options: HostFolderOptions) {
    const { quotaBytes = Number.POSITIVE_INFINITY, quotaEntries = Number.POSITIVE_INFINITY } = options;
    this.codepage = options.codepage ?? 'cp437';
    this.showsShortNames = options.showsShortNames ?? false;
    this.#paths = paths;
    this.#keepPartsMs = options.keepPartsMs ?? weekMs;
    this.#hasQuota = Number.isFinite(quotaBytes) || Number.isFinite(quotaEntries);
    const limit = { bytes: quotaBytes, entries: quotaEntries };
    this.#quota = new HostQuota(paths, limit, (part) => this.#uploads.has(part));
  }

  /** The folder must exist. */
  static async open(options: HostFolderOptions): Promise<HostFolderView> {
    return new HostFolderView(await HostPaths.open(options.folder), options);
  }

  names(folder: ViewPath): Promise<readonly string[]> {
    return this.#paths.names(folder);
  }

  list(folder: ViewPath): Promise<readonly Entry[]> {
    return this.#paths.list(folder);
  }

  stat(path: ViewPath): Promise<Entry | undefined> {
    return this.#paths.stat(path);
  }

  keptSize(path: ViewPath): Promise<number | undefined> {
    const part = this.#partOf(path);
    // While it grows its size is no place to go on from.
    return this.#uploads.has(part) ? Promise.resolve(undefined) : sizeOf(part);
  }

  async read(path: ViewPath, offset: number): Promise<Download> {
    return openDownload(await this.#paths.inside(path), offset);
  }

  upload(path: ViewPath, start: UploadStart, bytes = 0): Promise<Upload> {
    return this.#alone(async () => {
      const file = await this.#paths.inside(path);
      const entry = await this.#paths.stat(path);
      if (entry?.kind === 'folder') throw new ViewRefusal('not-a-file');
      const part = this.#partOf(path);
      await this.#claim(part, start);
      await this.#quota.dropParts(Date.now() - this.#keepPartsMs);
      const kept = await sizeOf(part);
      const base = baseOf(start, { file, size: entry?.size, kept });
      if (this.#hasQuota) await this.#quota.recount();
      if (entry === undefined) this.#quota.checkNewEntry();
      const upload = new HostUpload(part, base, {
        grow: (more) => this.#quota.grow(more),
        publish: (whole) => this.#publish(path, whole),
        release: (over) => {
          if (this.#uploads.get(part) === over) this.#uploads.delete(part);
        },
      });
      this.#uploads.set(part, upload);
      await this.#orRelease(upload, this.#quota.checkRoom(bytes));
      return upload;
    });
  }

  makeFolder(path: ViewPath): Promise<void> {
    return this.#alone(async () => {
      await this.#checkFree(path);
      if (this.#hasQuota) await this.#quota.recount();
      this.#quota.checkNewEntry();
      await mkdir(await this.#paths.inside(path));
    });
  }

  removeFolder(path: ViewPath): Promise<void> {
    return this.#alone(async () => rmdir(await this.#paths.inside(path)));
  }

  remove(path: ViewPath): Promise<void> {
    return this.#alone(async () => {
      const entry = await this.#paths.stat(path);
      const part = this.#partOf(path);
      const isGrowing = this.#uploads.has(part);
      if (entry?.kind === 'folder') throw new ViewRefusal('not-a-file');
      if (entry === undefined && isGrowing) throw new ViewRefusal('busy');
      if (entry === undefined && (await sizeOf(part)) === undefined) throw new ViewRefusal('missing');
      if (!isGrowing) await rm(part, { force: true });
      if (entry !== undefined) await unlink(await this.#paths.inside(path));
    });
  }

  rename(from: ViewPath, to: ViewPath): Promise<void> {
    return this.#alone(async () => {
      const isSame = nameKey(from.join('/')) === nameKey(to.join('/'));
      if (!isSame) await this.#checkFree(to);
      if ((await this.#paths.stat(from)) === undefined) throw new ViewRefusal('missing');
      const source = await this.#paths.inside(from);
      await rename(source, await this.#paths.inside(to));
      await syncFolder(await this.#paths.folder(to.slice(0, -1)));
    });
  }

  /** Names are looked at and changed by one client at a time, so that no two come to differ in their case only. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(() => onHost(work));
    this.#last = result.catch(() => {});
    return result;
  }

  /** Takes the name from an upload that may belong to a session that lost power. */
  async #claim(part: string, start: UploadStart): Promise<void> {
    const other = this.#uploads.get(part);
    if (other === undefined) return;
    // Where to append is not known while the other one still grows.
    if (start.kind === 'append') throw new ViewRefusal('busy');
    await other.takeOver();
    this.#uploads.delete(part);
  }

  async #orRelease(upload: HostUpload, work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      await upload.keep();
      throw error;
    }
  }

  #publish(path: ViewPath, upload: HostUpload): Promise<void> {
    return this.#alone(async () => {
      upload.checkOwn();
      // Meanwhile another client may have made it, in other letters.
      const place = [...path.slice(0, -1), (await this.#twin(path)) ?? path.at(-1) ?? ''];
      if ((await this.#paths.stat(place))?.kind === 'folder') throw new ViewRefusal('not-a-file');
      await rename(upload.part, await this.#paths.inside(place));
      await syncFolder(await this.#paths.folder(path.slice(0, -1)));
    });
  }

  async #twin(path: ViewPath): Promise<string | undefined> {
    const key = nameKey(path.at(-1) ?? '');
    const names = await this.#paths.names(path.slice(0, -1));
    if (names.includes(path.at(-1) ?? '')) return path.at(-1);
    return names.find((name) => nameKey(name) === key);
  }

  async #checkFree(path: ViewPath): Promise<void> {
    if ((await this.#twin(path)) !== undefined) throw new ViewRefusal('exists');
  }

  #partOf(path: ViewPath): string {
    const hash = createHash('sha256')
      .update(nameKey(path.join('/')))
      .digest('hex');
    return join(this.#paths.parts, hash.slice(0, 40));
  }
}

/** What an upload begins from. What is kept of a broken one is newer than the file, so an offset in both means the former. */
function baseOf(
  start: UploadStart,
  there: { file: string; size: number | undefined; kept: number | undefined },
): UploadBase {
  const { file, size, kept } = there;
  if (start.kind === 'append') {
    if (size !== undefined) return { from: 'file', bytes: size, file };
    return kept === undefined ? { from: 'nothing' } : { from: 'part', bytes: kept };
  }
  const { offset } = start;
  if (offset === 0) return { from: 'nothing' };
  // A client that was told the file's size, and not the part's, means the file.
  const meansFile = size === offset && kept !== offset;
  if (kept !== undefined && offset <= kept && !meansFile) return { from: 'part', bytes: offset };
  if (size !== undefined && offset <= size) return { from: 'file', bytes: offset, file };
  throw new ViewRefusal('bad-offset');
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await lstat(file)).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
