import type { Stats } from 'node:fs';
import { lstat, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, onHost } from './host-errors.ts';
import type { Entry, ViewPath } from './view.ts';
import { ViewRefusal } from './view.ts';

/** Below the root, seen by no client: where uploads are before they are whole. */
const partsFolder = '.fleet98-parts';
/** What stands in a name where the host has bytes that are no text; such a file cannot be opened by it. */
const replacement = '\ufffd';
const statsAtOnce = 64;

/** Paths of a view on the host. Links lead nowhere: what is reached through one is not there. */
export class HostPaths {
  readonly root: string;
  readonly parts: string;

  private constructor(root: string) {
    this.root = root;
    this.parts = join(root, partsFolder);
  }

  /** The folder must exist. */
  static async open(folder: string): Promise<HostPaths> {
    return new HostPaths(await realpath(folder));
  }

  /** Where a path is, once its folder is known to be a real one below the root. */
  async inside(path: ViewPath): Promise<string> {
    const name = path.at(-1);
    if (name === undefined) throw new ViewRefusal('not-a-file');
    const folder = await this.folder(path.slice(0, -1));
    return join(folder, checked(name, path.length === 1));
  }

  async folder(path: ViewPath): Promise<string> {
    const folder = join(this.root, ...path.map((name, index) => checked(name, index === 0)));
    const real = await onHost(() => realpath(folder));
    if (real !== folder) throw new ViewRefusal('missing');
    return folder;
  }

  async stat(path: ViewPath): Promise<Entry | undefined> {
    const name = path.at(-1);
    if (name === undefined) return undefined;
    try {
      return asEntry(name, await lstat(await this.inside(path)));
    } catch (error) {
      if (error instanceof ViewRefusal && error.reason === 'missing') return undefined;
      const code = codeOf(error);
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined;
      throw error;
    }
  }

  async names(path: ViewPath): Promise<readonly string[]> {
    const folder = await this.folder(path);
    const found = await onHost(() => readdir(folder, { withFileTypes: true }));
    return found
      .filter((item) => item.isFile() || item.isDirectory())
      .map((item) => item.name)
      .filter((name) => !name.includes(replacement) && !(path.length === 0 && isPartsFolder(name)));
  }

  async list(path: ViewPath): Promise<readonly Entry[]> {
    const names = await this.names(path);
    const folder = await this.folder(path);
    const entries: Entry[] = [];
    for (let at = 0; at < names.length; at += statsAtOnce) {
      const some = names.slice(at, at + statsAtOnce);
      const found = await Promise.all(some.map((name) => entryOf(folder, name)));
      entries.push(...found.filter((entry) => entry !== undefined));
    }
    return entries;
  }
}

const isPartsFolder = (name: string): boolean => name.toLowerCase() === partsFolder;

function checked(name: string, isTop: boolean): string {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) throw new ViewRefusal('missing');
  if (isTop && isPartsFolder(name)) throw new ViewRefusal('bad-name');
  return name;
}

/** Undefined for one that went away meanwhile. */
async function entryOf(folder: string, name: string): Promise<Entry | undefined> {
  try {
    return asEntry(name, await lstat(join(folder, name)));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function asEntry(name: string, stats: Stats): Entry | undefined {
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : undefined;
  if (kind === undefined) return undefined;
  const size = kind === 'file' ? stats.size : 0;
  return { name, kind, size, modifiedMs: Math.trunc(stats.mtimeMs) };
}
