import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Says whether 32-bit programs can be loaded and run by Windows 95 and 98 on a Pentium: check-exe.ts FILE.EXE… */

const mostStaticBytes = 64 * 1024;
const pe32 = 0x10b;
const i386 = 0x14c;

/** What only later processors know, as objdump names it. */
const laterInstruction =
  /^(?:f?cmov|fu?comip?$|nop[wl]$|endbr|sysenter|syscall|prefetch|[lms]fence|ud2|movnti|clflush|emms|fx(?:save|rstor))/;
const laterRegister = /%[xyz]?mm\d/;
/** `fcomp` and its kin are as old as the 8087. */
const oldFloat = /^fu?comp?p?$/;

export interface ExeReport {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly imports: readonly string[];
  readonly staticBytes: number;
  readonly versions: string;
  /** Empty when the program is fit. */
  readonly problems: readonly string[];
}

/** The names that both systems export, as `KERNEL32.DLL!CreateFileA`. */
export function readAllowedNames(text: string): ReadonlySet<string> {
  const names = new Set<string>();
  let dll = '';
  for (const line of text.split('\n')) {
    const heading = /^\[(.+)\]$/.exec(line)?.[1];
    if (heading !== undefined) dll = heading;
    else if (!line.startsWith('#')) {
      for (const name of line.split(' ')) if (name !== '') names.add(`${dll}!${name}`);
    }
  }
  return names;
}

interface Section {
  readonly name: string;
  readonly address: number;
  readonly size: number;
  readonly fileOffset: number;
  readonly flags: number;
}

const writable = 0x8000_0000;
const executable = 0x2000_0000;

class Image {
  readonly #bytes: Buffer;
  readonly #header: number;
  readonly sections: readonly Section[];

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#header = bytes.readUInt32LE(60);
    if (bytes.toString('latin1', this.#header, this.#header + 4) !== 'PE\0\0') {
      throw new Error('no program for Windows');
    }
    if (bytes.readUInt16LE(this.#header + 4) !== i386 || this.word(0) !== pe32) {
      throw new Error('not for 32-bit processors');
    }
    const count = bytes.readUInt16LE(this.#header + 6);
    const first = this.#header + 24 + bytes.readUInt16LE(this.#header + 20);
    this.sections = Array.from({ length: count }, (_, index) => readSection(bytes, first + index * 40));
  }

  /** Two bytes of the optional header. */
  word(offset: number): number {
    return this.#bytes.readUInt16LE(this.#header + 24 + offset);
  }

  imports(): readonly string[] {
    const names: string[] = [];
    for (let at = this.#offset(this.#bytes.readUInt32LE(this.#header + 24 + 104)); ; at += 20) {
      const dll = this.#bytes.readUInt32LE(at + 12);
      if (dll === 0) return names;
      const lookup = this.#bytes.readUInt32LE(at) || this.#bytes.readUInt32LE(at + 16);
      for (const name of this.#namesAt(this.#offset(lookup))) names.push(`${this.#text(dll)}!${name}`);
    }
  }

  *#namesAt(from: number): Iterable<string> {
    for (let at = from; ; at += 4) {
      const entry = this.#bytes.readUInt32LE(at);
      if (entry === 0) return;
      yield entry >= writable ? `#${entry - writable}` : this.#text(entry + 2);
    }
  }

  #text(address: number): string {
    const from = this.#offset(address);
    return this.#bytes.toString('latin1', from, this.#bytes.indexOf(0, from));
  }

  #offset(address: number): number {
    const section = this.sections.find((one) => address >= one.address && address < one.address + one.size);
    if (!section) throw new Error('an address lies in no section');
    return address - section.address + section.fileOffset;
  }
}

function readSection(bytes: Buffer, at: number): Section {
  return {
    name: bytes.toString('latin1', at, at + 8).replaceAll('\0', ''),
    size: Math.max(bytes.readUInt32LE(at + 8), bytes.readUInt32LE(at + 16)),
    address: bytes.readUInt32LE(at + 12),
    fileOffset: bytes.readUInt32LE(at + 20),
    flags: bytes.readUInt32LE(at + 36),
  };
}

/** The instructions that a Pentium does not know, with how often they stand there. */
function laterInstructions(path: string): readonly string[] {
  const text = execFileSync('objdump', ['-d', '--no-show-raw-insn', path], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  const found = new Map<string, number>();
  for (const [, name = '', rest = ''] of text.matchAll(/^\s*[0-9a-f]+:\s+([a-z][a-z0-9]*)(.*)$/gm)) {
    if (oldFloat.test(name)) continue;
    if (laterInstruction.test(name) || laterRegister.test(rest)) found.set(name, (found.get(name) ?? 0) + 1);
  }
  return [...found].map(([name, times]) => `${name} (${times} times) is above i586`);
}

export function checkExe(path: string, allowed: ReadonlySet<string>): ExeReport {
  const bytes = readFileSync(path);
  const image = new Image(bytes);
  const imports = image.imports();
  const constant = image.sections.filter(({ flags }) => (flags & executable) === 0);
  const staticBytes = constant.reduce((sum, { size }) => sum + size, 0);
  const [osMajor, osMinor, major, minor] = [image.word(40), image.word(42), image.word(48), image.word(50)];
  const problems = [
    ...([2, 3].includes(image.word(68)) ? [] : [`subsystem ${image.word(68)}`]),
    ...(major === 4 && minor === 0 ? [] : [`subsystem version ${major}.${minor} is not 4.0`]),
    ...(osMajor <= 4 ? [] : [`system version ${osMajor}.${osMinor} is above 4.0`]),
    ...imports
      .filter((name) => !allowed.has(name.replace(/^[^!]*/, (dll) => dll.toUpperCase())))
      .map((name) => `${name} is not exported by both Windows 95 and 98`),
    ...laterInstructions(path),
    ...(staticBytes < mostStaticBytes ? [] : [`${staticBytes} bytes of static data`]),
  ];
  return {
    name: basename(path),
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    imports,
    staticBytes,
    versions: `${osMajor}.${osMinor}/${major}.${minor}`,
    problems,
  };
}

/** One line per program. */
export function describeExe(report: ExeReport): string {
  const dlls = new Map<string, number>();
  for (const name of report.imports) {
    const dll = name.split('!')[0] ?? '';
    dlls.set(dll, (dlls.get(dll) ?? 0) + 1);
  }
  const imports = [...dlls].map(([dll, count]) => `${dll} ${count}`).join(', ');
  const verdict = report.problems.length === 0 ? 'fit for Windows 95 and 98' : report.problems.join('; ');
  return (
    `${report.name}: ${report.bytes} bytes, sha256 ${report.sha256}, imports ${imports}, ` +
    `static data ${report.staticBytes}, system/subsystem ${report.versions}: ${verdict}`
  );
}

export const allowedNames = (): ReadonlySet<string> =>
  readAllowedNames(readFileSync(new URL('../src/agent/gate/win9x.txt', import.meta.url), 'utf8'));

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const allowed = allowedNames();
  for (const path of process.argv.slice(2)) {
    const report = checkExe(path, allowed);
    process.stdout.write(`${describeExe(report)}\n`);
    if (report.problems.length > 0) process.exitCode = 1;
  }
}
