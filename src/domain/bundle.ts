/** A file of a bundle: an artifact under its name on the machine. */
export interface BundleFile {
  readonly name: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly crc32: string;
}

interface ParameterBase {
  /** Name in requests, e.g. `prompt`. */
  readonly name: string;
  /** Written before the value, e.g. `-i`; without it the value stands alone. */
  readonly flag?: string;
  readonly required?: boolean;
  readonly description?: string;
}

/** A typed argument: present on the command line when it has a value, given or default. */
export type Parameter = ParameterBase &
  (
    | { readonly type: 'text'; readonly default?: string; readonly maxLength?: number }
    | { readonly type: 'integer'; readonly default?: number; readonly min?: number; readonly max?: number }
    | { readonly type: 'number'; readonly default?: number; readonly min?: number; readonly max?: number }
    | { readonly type: 'choice'; readonly default?: string; readonly choices: readonly string[] }
  );

/** A fixed word of the command line, or a parameter. */
export type Argument = string | Parameter;

/** What is started: a file of the bundle (`exe`) or a program of the machine (`program`), never both. */
export interface Command {
  readonly exe?: string;
  readonly program?: string;
  readonly args: readonly Argument[];
  /** Side files to fetch when a run fails, e.g. DEBUG.LOG. */
  readonly keep: readonly string[];
}

/** Named, versioned, immutable: files with their names on the machine, and a command unless it is only a delivery. */
export interface Bundle {
  readonly id: number;
  readonly name: string;
  /** Counts up from 1 within a name. */
  readonly version: number;
  /** sha256 over files and command. */
  readonly hash: string;
  /** Folder on every machine: `B/` and the first 8 hex digits of the hash, upper case. */
  readonly folder: string;
  readonly files: readonly BundleFile[];
  readonly command?: Command;
  /** `auto` picks the first engine that accepts the output. */
  readonly engine: string;
  readonly createdAtMs: number;
}

export type ParameterValues = Readonly<Record<string, string | number>>;
