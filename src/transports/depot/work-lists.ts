const split = (name: string): readonly [string, string] => [name.slice(0, 8), name.slice(9)];

/**
 * TIDY.BAT: has the machine delete results that are safe here. A batch file may be cut anywhere when its transfer breaks,
 * and `DEL OUT` would delete a folder, so each line only calls DROP.BAT, which deletes nothing without both words.
 */
export const tidyBatch = (names: readonly string[]): Uint8Array =>
  Buffer.from(
    ['@ECHO OFF', ...names.map((name) => `CALL DROP ${split(name).join(' ')}`), 'REM end']
      .map((line) => `${line}\r\n`)
      .join(''),
    'latin1',
  );

/** A file to be fetched from IN, and its size. */
export interface ListedFile {
  readonly path: string;
  readonly size: number;
}

/**
 * LIST.TXT: all that there is to do, for scripts that cannot take patterns: `get PATH SIZE`, `drop NAME`, and `end` as its
 * last line, without which it is not whole.
 */
export const workList = (files: readonly ListedFile[], drops: readonly string[]): Uint8Array =>
  Buffer.from(
    [...files.map(({ path, size }) => `get ${path} ${size}`), ...drops.map((name) => `drop ${name}`), 'end']
      .map((line) => `${line}\n`)
      .join(''),
    'latin1',
  );
