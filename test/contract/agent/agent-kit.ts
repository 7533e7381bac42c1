import { readdirSync, readFileSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { test } from 'vitest';
import { isGone, type Line, type SpoolFolder } from '../../support/spool-folder.ts';
import { floodProgram, hexProgram, noteProgram } from './programs.ts';

/** Starts the agent under test on a spool folder. */
export type StartAgent = (folder: string) => ChildProcess;

/** A program of a bundle: its files, and the lines of the job that starts it. */
export interface BundleProgram {
  readonly files: Readonly<Record<string, string | Buffer>>;
  readonly lines: readonly Line[];
}

/** What the suite has to know of the system that the agent under test runs on. */
export interface AgentKit {
  readonly start: StartAgent;
  readonly system: 'posix' | 'windows';
  readonly platform: RegExp;
  /** The exit and the signal in the END of what the agent has killed. */
  readonly killed: readonly [exit: string, signal: string | undefined];
  /** A program that adds its argument as a line to STARTS.TXT. */
  readonly note: string | Buffer;
  /** A program that prints each of its arguments as hex digits on a line of its own. */
  readonly hex: string | Buffer;
  /** A program, as the text of a shell script and as the steps of fixtures/engine/chatter.c. */
  script(text: string, steps: readonly string[]): BundleProgram;
  /** A program that prints so many MiB of a known pattern. */
  flood(mebibytes: number): BundleProgram;
  /** Whether a program that an agent has started is gone. */
  isGone(pid: number, spool: SpoolFolder): boolean;
  /** Whether what AGENT.NFO says is the process id of an agent; systems differ in what they count. */
  isAgent(told: number, process: number): boolean;
  /** Tells an agent to end; SIGKILL ends its program as well. */
  tell(agent: ChildProcess, folder: string, signal: NodeJS.Signals): void;
}

const posixKit = (start: StartAgent): AgentKit => ({
  start,
  system: 'posix',
  platform: /^(linux|unix)$/,
  killed: ['137', '9'],
  note: noteProgram,
  hex: hexProgram,
  script: (text) => ({ files: { 'RUN.SH': `#!/bin/sh\n${text}\n` }, lines: [['exe', 'RUN.SH']] }),
  flood: (mebibytes) => ({
    files: { 'FLOOD.CJS': floodProgram },
    lines: [
      ['prog', 'node'],
      ['arg', 'FLOOD.CJS'],
      ['arg', mebibytes],
    ],
  }),
  isGone: (pid) => isGone(pid),
  isAgent: (told, process) => told === process,
  tell: (agent, _folder, signal) => void agent.kill(signal),
});

export interface WindowsPrograms {
  readonly chatter: Buffer;
  readonly note: Buffer;
  readonly hex: Buffer;
}

/** An agent that Wine runs: `stop` starts the same agent with /stop. */
export const wineKit = (
  start: StartAgent,
  stop: (folder: string) => void,
  { chatter, note, hex }: WindowsPrograms,
): AgentKit => {
  const script = (steps: readonly string[]): BundleProgram => ({
    files: { 'CHATTER.EXE': chatter },
    lines: [['exe', 'CHATTER.EXE'], ...steps.map((step): Line => ['arg', step])],
  });
  return {
    start,
    system: 'windows',
    platform: /^win(9x|nt)$/,
    killed: ['137', undefined],
    note,
    hex,
    script: (_text, steps) => script(steps),
    flood: (mebibytes) => script(['flood', String(mebibytes)]),
    // Windows counts its processes itself, so they are found by what they were started as.
    isGone: (_pid, spool) => programsOf(spool.root).length === 0,
    isAgent: (told) => told > 0,
    tell: (agent, folder, signal) => {
      if (signal !== 'SIGKILL') {
        stop(folder);
        return;
      }
      agent.kill(signal);
      // Windows 9x ends nothing with the one that started it, and what is left would hold the streams of the agent; nor is
      // an agent that took the place of another known otherwise.
      for (const pid of [...programsOf(folder), ...processesOf(folder, '\\AGENT.EXE')])
        process.kill(pid, signal);
    },
  };
};

/** The processes of this system that are programs of a spool in Wine. */
const programsOf = (root: string): readonly number[] => processesOf(root, '\\B\\');

function processesOf(root: string, path: string): readonly number[] {
  const start = root.replaceAll('/', '\\') + path;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => commandLine(pid).includes(start))
    .map(Number);
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

export const kitOf = (agent: StartAgent | AgentKit): AgentKit =>
  typeof agent === 'function' ? posixKit(agent) : agent;

/** A test that only POSIX can pass: elsewhere it is skipped with the reason. */
export const posixTest =
  (kit: AgentKit, reason: string) =>
  (name: string, run: () => Promise<void>): void => {
    if (kit.system === 'posix') test(name, run);
    else test.skip(`${name} (not on Windows: ${reason})`, run);
  };
