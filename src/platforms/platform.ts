import type { PlatformId } from '../domain/machine.ts';

/** Which programs of one format a platform runs: by machine word of the header, `any` where that does not matter. */
export interface ExecutableRule {
  readonly runs: 'any' | readonly string[];
  /** Some systems of the family run these, most do not. */
  readonly perhaps?: readonly string[];
}

/** A version of Windows as program headers name it: major, minor. */
export type WindowsVersion = readonly [number, number];

/**
 * What a family of operating systems is and can do. Facts only: whoever needs a decision reads them, nobody asks which
 * platform it is. What an agent reports of its own machine goes before these.
 */
export interface Platform {
  readonly id: PlatformId;
  readonly label: string;
  /** What its file systems take; the spool uses 8.3 everywhere, so that a bundle fits each machine. */
  readonly fileNames: '8.3' | 'long';
  /** Largest file on the best file system of the family. */
  readonly maxFileBytes: number;
  /** Largest file that every file system and program of the family can handle. */
  readonly safeFileBytes: number;
  /** Longest command line (program and arguments) that an agent can start a program with. */
  readonly maxCommandChars: number;
  /** The same for a batch file or shell script, which the command interpreter reads. */
  readonly maxBatchCommandChars: number;
  /** How arguments reach a program: in one line with quotes, by the rules of the C runtime, or each by itself. */
  readonly argumentPassing: 'quoted-line' | 'separate';
  /** Characters that no argument of a program can have; NUL is refused everywhere. */
  readonly refusedCharacters: string;
  /** The same for a batch file, where the interpreter takes some for itself. */
  readonly refusedBatchCharacters: string;
  /** `down`: one program at a time, the FTP server is not there while a run is on. */
  readonly serverDuringRun: 'up' | 'down';
  /** Whether the log can be read while the program runs. */
  readonly liveLog: boolean;
  readonly canKill: boolean;
  /** Whether the agent can end a program after a time. */
  readonly canLimit: boolean;
  /** Step of the system's everyday clock; the agent's measured step goes before it. */
  readonly clockStepMs: number;
  /** Order of bytes in numbers; `either` where the family has both kinds of processors. */
  readonly byteOrder: 'little' | 'either';
  /** How bytes of arguments above 0x7E are understood. */
  readonly argEncoding: 'cp437' | 'windows-1252' | 'bytes';
  /** Line ends that scripts need. */
  readonly lineEnds: 'crlf' | 'lf';
  /** Per executable format (words of `doctor/executable`): which run. A format that is not named does not. */
  readonly executableKinds: Readonly<Record<string, ExecutableRule>>;
  /** Windows versions wanted by program headers: every system up to `usual` runs them, none above `newest`. */
  readonly windows?: { readonly usual: WindowsVersion; readonly newest: WindowsVersion };
}
