import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DomainError } from '../domain/errors.ts';
import { isFileName, type ReadyProgram } from '../domain/ready-program.ts';

/** From `src/operations` as well as from `dist/operations`. */
const shippedFolder = fileURLToPath(new URL('../../deploy-scripts/machine/', import.meta.url));

/** The ready-made programs that come with fleet98, by the list that lies beside them. */
export class Kits {
  readonly #folder: string;

  constructor(folder: string = shippedFolder) {
    this.#folder = folder;
  }

  /** All of them; none where this installation was made without. PROGRAM_DAMAGED when the list makes no sense. */
  async list(): Promise<readonly ReadyProgram[]> {
    const text = await this.#read('MANIFEST.JSON');
    if (text === undefined) return [];
    const programs = parseList(text.toString('utf8'));
    if (programs) return programs;
    throw new DomainError('PROGRAM_DAMAGED', 'the list of ready-made programs makes no sense');
  }

  async find(platform: string, file: string): Promise<ReadyProgram | undefined> {
    return (await this.list()).find((one) => one.platform === platform && one.file === file);
  }

  /** NOT_FOUND, and PROGRAM_DAMAGED when the bytes are not those that the list promises. */
  async read(
    platform: string,
    file: string,
  ): Promise<{ readonly program: ReadyProgram; readonly bytes: Buffer }> {
    const program = await this.find(platform, file);
    if (!program) throw new DomainError('NOT_FOUND', `there is no ready-made ${file} for ${platform}`);
    const bytes = await this.#read(join(program.platform, program.file));
    const sha256 = bytes && createHash('sha256').update(bytes).digest('hex');
    if (bytes && sha256 === program.sha256) return { program, bytes };
    const what = bytes ? 'has other bytes than its list promises' : 'is not there';
    throw new DomainError('PROGRAM_DAMAGED', `the ready-made ${platform}/${file} ${what}`);
  }

  async #read(name: string): Promise<Buffer | undefined> {
    try {
      return await readFile(join(this.#folder, name));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      throw new DomainError('PROGRAM_DAMAGED', `a ready-made program cannot be read (${code})`, {
        cause: error,
      });
    }
  }
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseList(text: string): readonly ReadyProgram[] | undefined {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return undefined;
  }
  const files = isFields(list) ? list['files'] : undefined;
  if (!Array.isArray(files)) return undefined;
  const programs = files.map(parseProgram).filter((program) => program !== undefined);
  return programs.length === files.length ? programs : undefined;
}

function parseProgram(value: unknown): ReadyProgram | undefined {
  if (!isFields(value)) return undefined;
  const { platform, file, sizeBytes, sha256, imports } = value;
  if (typeof platform !== 'string' || !/^[a-z0-9][a-z0-9_-]{0,31}$/.test(platform)) return undefined;
  if (typeof file !== 'string' || !isFileName(file)) return undefined;
  if (typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes)) return undefined;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  const word = (key: 'version' | 'build' | 'toolchain'): object => {
    const said = value[key];
    return typeof said === 'string' ? { [key]: said } : {};
  };
  const names = Array.isArray(imports) ? imports.filter((name) => typeof name === 'string') : [];
  return {
    platform,
    file,
    sizeBytes,
    sha256,
    ...word('version'),
    ...word('build'),
    ...word('toolchain'),
    ...(names.length > 0 && { imports: names }),
  };
}
