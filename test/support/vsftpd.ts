import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const program = '/usr/sbin/vsftpd';
const isRoot = process.getuid?.() === 0;

/** Why vsftpd cannot be run here, or undefined. */
export const vsftpdMissing: string | undefined = !existsSync(program)
  ? 'vsftpd is not installed (apt-get install vsftpd)'
  : isRoot
    ? undefined
    : 'vsftpd must be started by root';

export interface Vsftpd extends AsyncDisposable {
  readonly port: number;
  /** The folder of the host that is `/up` there. */
  readonly folder: string;
}

/** A real vsftpd on 127.0.0.1 with a writable folder `/up` for the user `anonymous`. `extra`: lines of its settings. */
export async function startVsftpd(extra: readonly string[] = []): Promise<Vsftpd> {
  const base = mkdtempSync(join(tmpdir(), 'fleet98-vsftpd-'));
  const root = join(base, 'root');
  const folder = join(root, 'up');
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(base, 'empty'));
  // The server gives up root for the user `ftp`, who must own the folder but not the root.
  for (const path of [base, root]) chmodSync(path, 0o755);
  chmodSync(folder, 0o777);
  chownSync(folder, await ftpUser(), 0);
  const port = await freePort();
  const settings = join(base, 'vsftpd.conf');
  writeFileSync(settings, [...settingsFor(port, base, root), ...extra, ''].join('\n'));
  const child = spawn(program, [settings], { stdio: 'ignore' });
  const gone = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await gone;
    rmSync(base, { recursive: true, force: true });
  };
  try {
    await listening(port, () => child.exitCode !== null);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, folder, [Symbol.asyncDispose]: stop };
}

const settingsFor = (port: number, base: string, root: string): readonly string[] => [
  'listen=YES',
  'listen_address=127.0.0.1',
  `listen_port=${port}`,
  'background=NO',
  'anonymous_enable=YES',
  'local_enable=NO',
  'write_enable=YES',
  'anon_upload_enable=YES',
  'anon_mkdir_write_enable=YES',
  'anon_other_write_enable=YES',
  'anon_umask=022',
  'no_anon_password=NO',
  `anon_root=${root}`,
  `secure_chroot_dir=${join(base, 'empty')}`,
  'seccomp_sandbox=NO',
];

async function ftpUser(): Promise<number> {
  const child = spawn('id', ['-u', 'ftp'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  for await (const part of child.stdout) output += String(part);
  if (!/^\d+\s*$/.test(output)) throw new Error('there is no user `ftp` for vsftpd');
  return Number(output);
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

async function listening(port: number, hasEnded: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await answers(port))) {
    if (hasEnded() || Date.now() > end) throw new Error('vsftpd did not start');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
  });
