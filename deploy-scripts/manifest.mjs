import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

/*
 * The list of the ready-made programs in deploy-scripts/machine/<platform>/:
 *
 *   manifest.mjs [--folder FOLDER] [--toolchain PLATFORM[/FILE]=WORDS]...   writes FOLDER/MANIFEST.JSON
 *   manifest.mjs [--folder FOLDER] --check                                  compares it with the files
 *
 * A program whose bytes have changed needs the words for the toolchain that built it; the others keep theirs.
 */

const usual = fileURLToPath(new URL('machine/', import.meta.url));
const listName = 'MANIFEST.JSON';
const fileName = /^[A-Z0-9_-]{1,8}(\.[A-Z0-9_-]{1,3})?$/;
const platformName = /^[a-z0-9][a-z0-9_-]{0,31}$/;
const program = /\.(EXE|COM)$/;
/** Our programs carry this text, so that a file says what it is on any system. */
const mark = /(?:agent98|FTPD98|tiny98) (\d+\.\d+\.\d+) build ([0-9a-f]{8})/;

const sortedNames = (folder, wanted) =>
  readdirSync(folder, { withFileTypes: true })
    .filter(wanted)
    .map(({ name }) => name)
    .toSorted();

const zeroEnded = (bytes, at) => bytes.toString('latin1', at, bytes.indexOf(0, at));

/** `DLL!name` of all that a Windows program imports; empty for anything else. */
export function importsOf(bytes) {
  const header = bytes.length > 64 && bytes.toString('latin1', 0, 2) === 'MZ' ? bytes.readUInt32LE(60) : 0;
  if (header === 0 || bytes.toString('latin1', header, header + 4) !== 'PE\0\0') return [];
  const optional = header + 24;
  const isWide = bytes.readUInt16LE(optional) === 0x20b;
  const sections = optional + bytes.readUInt16LE(header + 20);
  const place = (address) => {
    for (let at = sections; at < sections + 40 * bytes.readUInt16LE(header + 6); at += 40) {
      const start = bytes.readUInt32LE(at + 12);
      if (address >= start && address < start + bytes.readUInt32LE(at + 16)) {
        return address - start + bytes.readUInt32LE(at + 20);
      }
    }
    throw new Error('an address of the import table lies in no section');
  };
  const table = bytes.readUInt32LE(optional + (isWide ? 120 : 104));
  const found = [];
  for (let at = table === 0 ? 0 : place(table); at > 0 && bytes.readUInt32LE(at + 12) !== 0; at += 20) {
    const dll = zeroEnded(bytes, place(bytes.readUInt32LE(at + 12))).toUpperCase();
    const step = isWide ? 8 : 4;
    const names = bytes.readUInt32LE(at) || bytes.readUInt32LE(at + 16);
    for (let slot = place(names); bytes.readUInt32LE(slot) !== 0; slot += step) {
      const isNumber = bytes[slot + step - 1] >= 0x80;
      const name = isNumber
        ? `#${bytes.readUInt16LE(slot)}`
        : zeroEnded(bytes, place(bytes.readUInt32LE(slot)) + 2);
      found.push(`${dll}!${name}`);
    }
  }
  return found.toSorted();
}

function describe(platform, file, bytes) {
  const [, version, build] = mark.exec(bytes.toString('latin1')) ?? [];
  const imports = importsOf(bytes);
  return {
    platform,
    file,
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    ...(version !== undefined && program.test(file) && { version, build }),
    ...(imports.length > 0 && { imports }),
  };
}

/** What lies in the folders of the platforms, in order. */
export function readFolders(folder) {
  return sortedNames(folder, (entry) => entry.isDirectory() && platformName.test(entry.name)).flatMap(
    (platform) =>
      sortedNames(join(folder, platform), (entry) => entry.isFile() && fileName.test(entry.name)).map(
        (file) => describe(platform, file, readFileSync(join(folder, platform, file))),
      ),
  );
}

export function readList(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, listName), 'utf8')).files;
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

const idOf = ({ platform, file }) => `${platform}/${file}`;

/** The list for what is there; throws when nobody says what built a program. */
export function makeList(found, before, toolchains) {
  const old = new Map(before.map((one) => [idOf(one), one]));
  return found.map((one) => {
    if (!program.test(one.file)) return one;
    const known = old.get(idOf(one));
    const kept = known?.sha256 === one.sha256 ? known.toolchain : undefined;
    const toolchain = toolchains.get(idOf(one)) ?? toolchains.get(one.platform) ?? kept;
    if (toolchain === undefined) {
      throw new Error(`${idOf(one)} has changed: say what built it, with --toolchain ${one.platform}=WORDS`);
    }
    return { ...one, toolchain };
  });
}

/** What of the list is not so, a line each. */
export function differences(found, listed) {
  const there = new Map(found.map((one) => [idOf(one), one]));
  const named = new Map(listed.map((one) => [idOf(one), one]));
  const wrong = listed.flatMap(({ toolchain, ...one }) => {
    const id = idOf(one);
    const file = there.get(id);
    if (!file) return [`${id} is not there`];
    if (program.test(one.file) && !toolchain) return [`${id} has no toolchain`];
    return JSON.stringify(file) === JSON.stringify(one) ? [] : [`${id} is another file than listed`];
  });
  return [
    ...wrong,
    ...found.filter((one) => !named.has(idOf(one))).map((one) => `${idOf(one)} is not listed`),
  ];
}

function main() {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string', default: usual },
      check: { type: 'boolean', default: false },
      toolchain: { type: 'string', multiple: true, default: [] },
    },
  });
  const { folder } = values;
  const found = readFolders(folder);
  if (values.check) {
    const wrong = differences(found, readList(folder));
    for (const line of wrong) process.stderr.write(`manifest: ${line}\n`);
    if (wrong.length === 0) process.stdout.write(`manifest: ${found.length} files are as listed\n`);
    process.exitCode = wrong.length === 0 ? 0 : 1;
    return;
  }
  const toolchains = new Map(
    values.toolchain.map((words) => [
      words.slice(0, words.indexOf('=')),
      words.slice(words.indexOf('=') + 1),
    ]),
  );
  const files = makeList(found, readList(folder), toolchains);
  const temporary = join(folder, 'MANIFEST.TMP');
  writeFileSync(temporary, `${JSON.stringify({ files }, null, 2)}\n`);
  renameSync(temporary, join(folder, listName));
  for (const { platform, file, sizeBytes, sha256 } of files) {
    process.stdout.write(`${platform}/${file}: ${sizeBytes} bytes, sha256 ${sha256}\n`);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) main();
