import { HostFolderView } from '../../src/ftp/server/host-folder-view.ts';
import type { Limits } from '../../src/ftp/server/limits.ts';
import { FtpServer } from '../../src/ftp/server/server.ts';

/**
 * The depot's server in a process of its own, which can be watched: serve-folder.ts FOLDER USER PASSWORD [LIMITS], the last
 * one as JSON. Prints its port, and each failure; ends with its input.
 */
const [folder = '', user = '', password = '', limits = '{}'] = process.argv.slice(2);
const wanted: Partial<Limits> = JSON.parse(limits);
const view = await HostFolderView.open({ folder });
const server = await FtpServer.listen({
  host: '127.0.0.1',
  port: 0,
  limits: wanted,
  login: (attempt) => (attempt.user === user && attempt.password === password ? view : undefined),
  observe: (event) => {
    if (event.kind === 'failure') process.stdout.write(`failure: ${String(event.error)}\n`);
  },
});
process.stdout.write(`${server.port}\n`);
process.stdin.resume();
process.stdin.once('end', () => void server.close());
