import { msdos } from './msdos.ts';
import type { Platform } from './platform.ts';

/** What the way from an agent to the arguments of one program can carry. */
export interface CommandLineFacts {
  /** Longest line, program and arguments, in bytes. */
  readonly maxChars: number;
  /** Characters that no argument can have. */
  readonly refused: string;
  /** How the words get there: in one line with quotes, by the rules of the C runtime, or each by itself. */
  readonly passing: Platform['argumentPassing'];
}

/** Formats of programs whose arguments come through the command tail of DOS, on Windows too. */
const tailFormats = ['mz', 'le', 'ne'];

/** The facts for a program: `format` is the word of `doctor/executable`, where it is known. */
export function commandLineFacts(
  platform: Platform,
  program: { readonly format?: string; readonly isBatch: boolean },
): CommandLineFacts {
  const passing = platform.argumentPassing;
  if (program.isBatch) {
    return { maxChars: platform.maxBatchCommandChars, refused: platform.refusedBatchCharacters, passing };
  }
  const hasTail = passing === 'quoted-line' && tailFormats.includes(program.format ?? '');
  const { maxCommandChars, refusedCharacters } = hasTail ? msdos : platform;
  return { maxChars: maxCommandChars, refused: refusedCharacters, passing };
}
