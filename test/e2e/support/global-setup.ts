import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { buildDaemon } from '../../support/built-daemon.ts';
import { refuseSecrets } from './secrets.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The command line of a fresh build: it starts sooner than the sources. */
    builtCli: string;
    /** To be preloaded into agents that are to die; empty where there is no C compiler. */
    dieAtLibrary: string;
    /** Everything that daemons and machines leave behind is below it, and is searched for secrets at the end. */
    evidenceFolder: string;
  }
}

/** Builds the daemon, and at the end searches all that was said and stored during the suite for secrets. */
export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'fleet98-e2e-'));
  const evidence = join(folder, 'evidence');
  mkdirSync(evidence);
  provide('builtCli', buildDaemon(join(folder, 'app')));
  provide('dieAtLibrary', buildLibrary(join(folder, 'die-at.so')));
  provide('evidenceFolder', evidence);
  return () => {
    try {
      const { files, bytes } = refuseSecrets(evidence);
      process.stdout.write(`no secret in ${files} files, ${bytes} bytes, of logs, answers and data\n`);
    } catch (error) {
      // Vitest tells of an error at its end, but does not count it.
      process.exitCode = 1;
      throw error;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

function buildLibrary(output: string): string {
  const source = join(import.meta.dirname, 'die-at.c');
  const compiler = process.env['CC'] ?? 'gcc';
  const built = spawnSync(compiler, ['-shared', '-fPIC', '-Wall', '-Wextra', '-o', output, source, '-ldl'], {
    encoding: 'utf8',
  });
  if (built.error === undefined && built.status !== 0) throw new Error(`${source}:\n${built.stderr}`);
  return built.status === 0 ? output : '';
}
