import { createInterface } from 'node:readline';
import { Readable, Writable } from 'node:stream';
import { UsageError } from './failures.ts';
import type { Io } from './io.ts';

/** Whether a person sits there who can be asked. */
export const canAsk = (io: Io): boolean => io.stdin.isTTY === true && io.stdin instanceof Readable;

/**
 * Asks the person one thing and gives the answer without its line end. `hidden` does not show what is typed. Throws
 * UsageError when the person ends the input instead of answering.
 */
export function ask(io: Io, question: string, options: { readonly hidden?: boolean } = {}): Promise<string> {
  const { stdin } = io;
  if (!(stdin instanceof Readable)) throw new UsageError('nobody is there to be asked');
  io.stderr.write(question);
  const echo = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!options.hidden) io.stderr.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input: stdin, output: echo, terminal: true, historySize: 0 });
  return new Promise((resolve, reject) => {
    lines.once('line', (line) => {
      resolve(options.hidden ? line : line.trim());
      lines.close();
    });
    lines.once('SIGINT', () => lines.close());
    // After an answer this settles nothing any more.
    lines.once('close', () => {
      if (options.hidden) io.stderr.write('\n');
      reject(new UsageError('no answer was given'));
    });
  });
}

/** Asks until there is an answer. */
export async function askFor(io: Io, question: string): Promise<string> {
  for (;;) {
    const answer = await ask(io, question);
    if (answer !== '') return answer;
  }
}
