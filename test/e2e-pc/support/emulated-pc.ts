import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { guardGroup } from '../../../src/simulator/agent/guard.ts';
import { waitFor } from '../../support/wait-for.ts';
import { makeFatImage, scanDisk } from './fat-image.ts';
import { freePorts } from './ports.ts';
import { WatchedDisk } from './watched-disk.ts';

/** How its disk is mounted: with long names, or as MS-DOS would. */
export type FileSystem = 'vfat' | 'msdos';

export interface PcOptions {
  readonly fileSystem: FileSystem;
  /** How long what was written may wait for the disk. */
  readonly writeBehindSeconds: number;
  /** The disk of a Windows, which stays as it is: then FTPD98 and the agent start there, and not Linux' server. */
  readonly windows?: string;
}

/** One for the FTP server, the others for its data connections: each stays taken for a minute when it was used. */
const PORTS = 201;
/** A busy host starts it slowly. */
const BOOT_MS = 120_000;
const STARTS = 3;
const TAIL_LINES = 40;
/** The battery of its clock is old. */
const CLOCK = '1999-12-31T23:50:00';

/**
 * A whole PC in an emulator: Pentium II, 128 MB, an NE2000 card, a FAT disk; Linux with an FTP server, and a shell at its
 * serial console. Its power can be cut at any time.
 */
export class EmulatedPc {
  /** The disk as a file. */
  readonly image: string;
  /** All that its serial console ever said. */
  readonly consoleFile: string;
  readonly #options: PcOptions;
  readonly #sockets = mkdtempSync(join(tmpdir(), 'fleet98-pc-'));
  #ports = 0;
  #disk: WatchedDisk | undefined;
  #emulator: ChildProcess | undefined;

  constructor(folder: string, options: PcOptions) {
    mkdirSync(folder, { recursive: true });
    this.#options = options;
    this.image = join(folder, 'disk.img');
    this.consoleFile = join(folder, 'console.log');
    writeFileSync(this.consoleFile, '');
    makeFatImage(this.image);
  }

  /** The FTP server's, on 127.0.0.1; the same for good once it was on. */
  get port(): number {
    return this.#ports;
  }

  get disk(): WatchedDisk {
    if (!this.#disk) throw new Error('the PC is off');
    return this.#disk;
  }

  /** Ready when the FTP server listens; an agent that is there is being started. */
  async powerOn(): Promise<void> {
    for (let start = 1; ; start += 1) {
      // Only a host where somebody takes a port that was just free needs another try.
      if (this.#ports === 0) this.#ports = await freePorts(PORTS);
      const said = readFileSync(this.consoleFile).length;
      await this.#start();
      try {
        await waitFor('the PC to start', () => this.#isReady(said), BOOT_MS);
        return;
      } catch (error) {
        await this.powerOff();
        const isPortTaken = this.consoleSince(said).includes('Could not set up host forwarding');
        if (!isPortTaken || start === STARTS) throw error;
        this.#ports = 0;
      }
    }
  }

  /** Pulls the plug. Nothing reaches the disk any more when this is called; settles when the emulator is gone. */
  async powerOff(): Promise<void> {
    const emulator = this.#emulator;
    const disk = this.#disk;
    this.#emulator = undefined;
    this.#disk = undefined;
    disk?.cut();
    if (emulator && emulator.exitCode === null && emulator.signalCode === null) {
      const gone = once(emulator, 'exit');
      emulator.kill('SIGKILL');
      await gone;
    }
    disk?.[Symbol.dispose]();
    this.note('the power is off');
  }

  /** What stands before everything else after a power cut; answers what it found. */
  scanDisk(): string {
    const found = scanDisk(this.image);
    this.note(`the disk was checked:\n${found}`);
    return found;
  }

  /** Types a line at the serial console. */
  type(line: string): void {
    this.#emulator?.stdin?.write(`${line}\n`);
  }

  /** The first match in what the console has said since the last start. */
  seeOnConsole(words: RegExp): Promise<RegExpExecArray> {
    return waitFor(`${words} on the console`, () => words.exec(this.#consoleOfThisStart()) ?? undefined);
  }

  consoleSince(byte: number): string {
    return readFileSync(this.consoleFile).toString('latin1', byte);
  }

  tailOfConsole(): string {
    return this.consoleSince(0).split('\n').slice(-TAIL_LINES).join('\n');
  }

  /** What a test has to say about what is seen there. */
  note(words: string): void {
    appendFileSync(this.consoleFile, `\n--- ${words}\n`);
  }

  async stop(): Promise<void> {
    await this.powerOff();
    rmSync(this.#sockets, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const socket = join(this.#sockets, 'disk');
    rmSync(socket, { force: true });
    this.#disk = await WatchedDisk.serve(this.image, socket);
    this.note('the power is on');
    const emulator = spawn('qemu-system-i386', this.#arguments(socket), {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    if (emulator.pid !== undefined) emulator.once('exit', guardGroup(emulator.pid));
    for (const stream of [emulator.stdout, emulator.stderr]) {
      stream.on('data', (bytes: Buffer) => appendFileSync(this.consoleFile, bytes));
    }
    emulator.stdin.on('error', () => {});
    emulator.once('error', (error) => this.note(`the emulator cannot be started: ${error.message}`));
    this.#emulator = emulator;
  }

  #isReady(said: number): boolean {
    const text = this.consoleSince(said);
    if (this.#emulator?.exitCode !== null) throw new Error(`the emulator ended:\n${text}`);
    return text.includes('PC: ready');
  }

  #consoleOfThisStart(): string {
    const text = this.consoleSince(0);
    return text.slice(text.lastIndexOf('--- the power is on'));
  }

  #arguments(socket: string): string[] {
    const first = this.#ports + 1;
    const last = this.#ports + PORTS - 1;
    const forward = [`hostfwd=tcp:127.0.0.1:${this.#ports}-:21`];
    for (let port = first; port <= last; port += 1) forward.push(`hostfwd=tcp:127.0.0.1:${port}-:${port}`);
    const { fileSystem, writeBehindSeconds, windows } = this.#options;
    const words = `fs=${fileSystem} ports=${first}-${last} behind=${writeBehindSeconds}`;
    // What Debian builds Wine with wants a later processor, and Wine itself more memory.
    const computer = windows === undefined ? '-cpu pentium2 -m 128' : '-cpu pentium3 -m 512';
    const pc = inject('pcFolder');
    const fixed = '-nodefaults -no-user-config -no-reboot -display none -vga none -serial stdio';
    return [
      ...`-M pc,accel=tcg ${computer} -device ne2k_pci,netdev=lan`.split(' '),
      ...fixed.split(' '),
      '-kernel',
      join(pc, 'vmlinuz'),
      '-initrd',
      join(pc, 'initrd.gz'),
      '-append',
      `console=ttyS0 quiet tsc=reliable mitigations=off random.trust_cpu=off panic=1 ${words}${windows === undefined ? '' : ' windows=run'}`,
      '-rtc',
      `base=${CLOCK},clock=vm`,
      '-drive',
      `file=nbd:unix:${socket},format=raw,if=ide,index=0,cache=writeback`,
      ...(windows === undefined ? [] : ['-drive', `file=${windows},format=raw,if=ide,index=1,snapshot=on`]),
      '-netdev',
      ['user', 'id=lan', ...forward].join(','),
    ];
  }
}
