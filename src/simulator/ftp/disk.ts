import { lstatSync, type Stats } from 'node:fs';
import { mkdir, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { asDiskError, DiskError } from './disk-error.ts';
import { DiskReader, DiskWriter, type WriteMode } from './disk-streams.ts';
import { fitsDos } from './dos-names.ts';
import type { Drive } from './drive.ts';
import { Passage, type Link } from './passage.ts';

/** A file or folder of the disk as a listing shows it. */
export interface DiskEntry {
  readonly name: string;
  readonly size: number;
  /** By the PC's clock. */
  readonly mtime: Date;
  readonly isDirectory: () => boolean;
}

interface Place {
  readonly hostPath: string;
  readonly clientPath: string;
  readonly stats: Stats | undefined;
}

/**
 * The disk of a simulated PC: a folder of the host seen the way DOS sees a FAT volume. Names are 8.3, stored in upper
 * case and found in any case; symbolic links are not there. Serves one session of ftp-srv, which calls it as its file
 * system. Throws DiskError.
 */
export class Disk {
  readonly #drive: Drive;
  readonly #link: Link;
  #current = '/';

  constructor(drive: Drive, link: Link) {
    this.#drive = drive;
    this.#link = link;
  }

  currentDirectory(): string {
    return this.#current;
  }

  async get(path: string): Promise<DiskEntry> {
    const place = await this.#find(path);
    return this.#entryOf(place.clientPath.split('/').at(-1) ?? '', existing(place));
  }

  async list(path: string): Promise<readonly DiskEntry[]> {
    const { hostPath } = await this.#find(path);
    try {
      const names = (await readdir(hostPath)).filter((name) => fitsDos(name.toUpperCase())).toSorted();
      const entries = await Promise.all(names.map((name) => this.#entry(hostPath, name)));
      return entries.filter((entry) => entry !== undefined);
    } catch (error) {
      throw asDiskError(error);
    }
  }

  async chdir(path: string): Promise<string> {
    const place = await this.#find(path);
    if (!existing(place).isDirectory()) throw new DiskError('Path not found');
    this.#current = place.clientPath;
    return this.#current;
  }

  /** Opens a file for an upload: from a byte on, at its end, or anew. */
  async write(path: string, { append = false, start }: { append?: boolean; start?: number } = {}) {
    const place = await this.#find(path);
    if (place.stats?.isDirectory() === true) throw new DiskError('Is a directory');
    if (place.stats === undefined) await this.#mayCreate(place);
    if (!append && start !== undefined && start > (place.stats?.size ?? 0)) {
      throw new DiskError('Restart offset is beyond the file');
    }
    const { clientPath, hostPath } = place;
    const mode: WriteMode = {
      flags: append ? 'a' : start === undefined ? 'w' : 'r+',
      fromByte: append ? undefined : (start ?? 0),
      room: (file, position) => this.#drive.room(file, position),
    };
    const passage = new Passage(this.#link, 'upload');
    return this.#transfer(clientPath, () => new DiskWriter(hostPath, mode, passage));
  }

  async read(path: string, { start = 0 }: { start?: number } = {}) {
    const place = await this.#find(path);
    if (existing(place).isDirectory()) throw new DiskError('Is a directory');
    const passage = new Passage(this.#link, 'download');
    return this.#transfer(place.clientPath, (data) => {
      const reader = new DiskReader(place.hostPath, start, passage);
      // ftp-srv leaves it open when the connection ends in good order before it has told that the transfer begins.
      data.once('close', () => reader.destroy(new DiskError('Connection lost')));
      return reader;
    });
  }

  /**
   * The file is opened when ftp-srv takes it, in the turn in which it joins it with the data connection: it does not
   * look whether that is still there, and would leave the file open.
   */
  #transfer<T extends DiskReader | DiskWriter>(clientPath: string, openFile: (data: Socket) => T) {
    const open = (): T => {
      const data = this.#link.data();
      if (data === undefined) throw new DiskError('Connection lost');
      return this.#drive.open(() => openFile(data));
    };
    return {
      clientPath,
      get stream(): T {
        return open();
      },
    };
  }

  async deleteFile(path: string): Promise<void> {
    const place = await this.#find(path);
    if (existing(place).isDirectory()) throw new DiskError('Access denied');
    await this.#change(() => unlink(place.hostPath));
  }

  async deleteFolder(path: string): Promise<void> {
    const place = await this.#find(path);
    if (!existing(place).isDirectory()) throw new DiskError('Path not found');
    await this.#change(() => rmdir(place.hostPath));
  }

  /** Returns the new folder's path as the client sees it. */
  async mkdir(path: string): Promise<string> {
    const place = await this.#find(path);
    if (place.stats !== undefined) throw new DiskError('Directory already exists');
    await this.#mayCreate(place);
    await this.#change(() => mkdir(place.hostPath));
    return place.clientPath;
  }

  /** Refuses a name that is taken, as DOS and Windows 9x do. */
  async rename(from: string, to: string): Promise<void> {
    const source = await this.#find(from);
    const target = await this.#find(to);
    existing(source);
    if (target.stats !== undefined) throw new DiskError('File already exists');
    await this.#mayCreate(target);
    await this.#change(() => rename(source.hostPath, target.hostPath));
  }

  async #change(act: () => Promise<void>): Promise<void> {
    try {
      await this.#drive.change(act);
    } catch (error) {
      throw asDiskError(error);
    }
  }

  async #mayCreate(place: Place): Promise<void> {
    const parts = place.clientPath.split('/');
    const name = parts.pop() ?? '';
    if (!fitsDos(name)) throw new DiskError('Invalid file name: 8.3 names only');
    const parent = await this.#find(parts.join('/') || '/');
    if (!existing(parent).isDirectory()) throw new DiskError('Path not found');
  }

  /** Where a client's path leads; never outside the disk. `stats` is undefined when nothing is there. */
  async #find(path: string): Promise<Place> {
    const parts: string[] = [];
    for (const part of this.#absolute(path).split('/')) {
      if (part === '..') parts.pop();
      else if (part !== '' && part !== '.') parts.push(part.toUpperCase());
    }
    let hostPath = this.#drive.root;
    let stats: Stats | undefined = await statOrNothing(hostPath);
    for (const part of parts) {
      const name = stats?.isDirectory() === true ? await actualName(hostPath, part) : undefined;
      hostPath = join(hostPath, name ?? part);
      stats = name === undefined ? undefined : await statOrNothing(hostPath);
    }
    return { hostPath, clientPath: `/${parts.join('/')}`, stats };
  }

  #absolute(path: unknown): string {
    // ftp-srv hands over null for a command without its argument.
    if (typeof path !== 'string' || path === '') throw new DiskError('A name is needed');
    const forward = path.replaceAll('\\', '/');
    return forward.startsWith('/') ? forward : `${this.#current}/${forward}`;
  }

  async #entry(hostFolder: string, name: string): Promise<DiskEntry | undefined> {
    const stats = await statOrNothing(join(hostFolder, name));
    return stats === undefined ? undefined : this.#entryOf(name.toUpperCase(), stats);
  }

  #entryOf(name: string, stats: Stats): DiskEntry {
    const mtime = new Date(stats.mtimeMs + this.#link.knobs.now.clockOffsetMs);
    return { name, size: stats.size, mtime, isDirectory: () => stats.isDirectory() };
  }
}

function existing(place: Place): Stats {
  if (place.stats === undefined) throw new DiskError('File not found');
  return place.stats;
}

async function statOrNothing(hostPath: string): Promise<Stats | undefined> {
  // The host answers at once; a way through the thread pool for each name of a path costs far more than the answer.
  try {
    const stats = lstatSync(hostPath, { throwIfNoEntry: false });
    return stats?.isFile() === true || stats?.isDirectory() === true ? stats : undefined;
  } catch {
    return undefined;
  }
}

/** The name under which the host has a DOS name (given in upper case), in whatever case it is there. */
async function actualName(hostFolder: string, name: string): Promise<string | undefined> {
  if (!fitsDos(name)) return undefined;
  if ((await statOrNothing(join(hostFolder, name))) !== undefined) return name;
  const names = await readdir(hostFolder).catch(() => []);
  return names.find((other) => other.toUpperCase() === name);
}
