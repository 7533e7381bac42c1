import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const project = join(import.meta.dirname, '../..');

/** Builds the daemon into a new folder. Answers the program of its command line, which starts sooner than the sources. */
export function buildDaemon(folder: string): string {
  mkdirSync(folder);
  for (const name of ['node_modules', 'config', 'fixtures', 'package.json']) {
    symlinkSync(join(project, name), join(folder, name));
  }
  const compiler = join(project, 'node_modules', '.bin', 'tsc');
  const outputs = ['--outDir', join(folder, 'dist'), '--sourceMap', 'false'];
  const built = spawnSync(compiler, ['-p', 'tsconfig.build.json', ...outputs], {
    cwd: project,
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(`the daemon cannot be built:\n${built.stdout}`);
  return join(folder, 'dist', 'cli', 'main.js');
}
