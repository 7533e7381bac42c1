import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kits } from '../../src/operations/kits.ts';

/** A folder of ready-made programs with its list, for a test. */
export class KitFolder implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'fleet98-kits-'));
  readonly kits = new Kits(this.folder);
  readonly #files = new Map<string, object>();

  /** Puts a program there, or other bytes in its place, and lists it. */
  put(platform: string, file: string, content: string | Uint8Array, build?: string): void {
    const bytes = Buffer.from(content);
    this.write(join(platform, file), bytes);
    this.#files.set(`${platform}/${file}`, {
      platform,
      file,
      sizeBytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      ...(build === undefined ? {} : { version: '9.9.9', build }),
      toolchain: 'a test',
    });
    this.write('MANIFEST.JSON', JSON.stringify({ files: [...this.#files.values()] }));
  }

  write(name: string, content: string | Uint8Array): void {
    mkdirSync(join(this.folder, name, '..'), { recursive: true });
    writeFileSync(join(this.folder, name), content);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
