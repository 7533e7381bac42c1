import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { refuseSecrets } from '../../e2e/support/secrets.ts';
import { buildDaemon } from '../../support/built-daemon.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The kernel and the first programs of the emulated PC; empty where it cannot be made. */
    pcFolder: string;
    /** What is missing for that. */
    pcMissing: string;
  }
}

const project = join(import.meta.dirname, '../../..');
const machineFolder = join(import.meta.dirname, '../machine');

const tools =
  'qemu-system-i386 mkfs.vfat fsck.fat mcopy apt-get dpkg-source cpio bzip2 xz make gcc i686-linux-gnu-gcc';

/** Builds the daemon, and the PC where it was not built before; at the end searches what was said for secrets. */
export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'fleet98-e2e-pc-'));
  const evidence = join(folder, 'evidence');
  const app = join(folder, 'app');
  mkdirSync(evidence);
  const missing = pcMissing();
  provide('pcMissing', missing);
  provide('pcFolder', missing === '' ? makePc() : '');
  provide('builtCli', buildDaemon(app));
  provide('evidenceFolder', evidence);
  cpSync(join(project, 'deploy-scripts', 'machine'), join(app, 'deploy-scripts', 'machine'), {
    recursive: true,
  });
  return () => {
    try {
      const { files, bytes } = refuseSecrets(evidence);
      process.stdout.write(`no secret in ${files} files, ${bytes} bytes, of logs, answers, disks and data\n`);
    } catch (error) {
      // Vitest tells of an error at its end, but does not count it.
      process.exitCode = 1;
      throw error;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

/** What is missing to make and start the PC; empty when nothing is. */
export const pcMissing = (): string =>
  tools
    .split(' ')
    .filter((tool) => !isThere(tool))
    .join(', ');

const isThere = (tool: string): boolean =>
  [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((folder) =>
    existsSync(join(folder, tool)),
  );

/** The kernel and the first programs of the PC in a folder. */
export const makePc = (): string => makeOnce('make-pc.sh', ['debian.sh', 'init', 'windows'], []);

/** The disk of a Windows for the PC in a folder. */
export const makeWindows = (pc: string): string =>
  join(makeOnce('make-windows.sh', ['debian.sh', 'init', 'windows', 'make-pc.sh'], [pc]), 'windows.img');

/** What a script makes is made once and then kept: its folder is named after what it is made by. */
function makeOnce(script: string, others: readonly string[], args: readonly string[]): string {
  const hash = createHash('sha256');
  for (const name of [script, ...others]) hash.update(readFileSync(join(machineFolder, name)));
  const name = `fleet98-${script.replace(/^make-|\.sh$/g, '')}-${hash.digest('hex').slice(0, 12)}`;
  const folder = join(tmpdir(), name);
  const made = spawnSync('bash', [join(machineFolder, script), folder, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (made.status !== 0) throw new Error(`${script} failed:\n${made.stdout}${made.stderr}`);
  return folder;
}
