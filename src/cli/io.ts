/** Where text goes; a terminal says so and how wide it is. */
export interface Output {
  write(text: string | Uint8Array): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Where answers come from; a terminal says so, and can be asked line by line. */
export type Input = AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean };

/** Everything of the process that commands touch, so that tests can stand in for it. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: Input;
  readonly env: NodeJS.ProcessEnv;
}
