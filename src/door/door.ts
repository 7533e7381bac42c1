import { FtpServer } from '../ftp/server/server.ts';
import type { LoginAttempt, ServerEvent } from '../ftp/server/parts.ts';
import type { View } from '../ftp/server/view.ts';
import { HttpDoor } from './http-door.ts';
import { lanAddresses } from './lan-addresses.ts';
import { doorUser, readmeText } from './readme.ts';
import type { DoorPlace } from './readme.ts';
import { setupFolders } from './setup-files.ts';
import type { SetupFile } from './setup-files.ts';
import { SetupView } from './setup-view.ts';

export interface DoorOptions {
  /** An IPv4 address of this host to listen on; 0.0.0.0: on every network. */
  readonly host: string;
  /** 0: any free one. */
  readonly ftpPort: number;
  readonly httpPort: number;
  /** What is handed out, beside README.TXT. Anybody on the LAN may read it. */
  readonly files: readonly SetupFile[];
  /** What machines of the fleet see that log in by themselves; undefined: no such user, or a wrong password. */
  readonly member?: (attempt: LoginAttempt) => Promise<View | undefined>;
  readonly observe?: (event: ServerEvent) => void;
}

export interface Door {
  readonly place: DoorPlace;
  close(): Promise<void>;
}

const everywhere = '0.0.0.0';
const allowed: readonly string[] = [doorUser, 'ftp'];

/**
 * Opens the door: read-only, by FTP and by HTTP, the same files by either. Machines of the fleet come in by FTP, too, and
 * see what is theirs. Rejects when a port is taken.
 */
export async function openDoor(options: DoorOptions): Promise<Door> {
  const { host, ftpPort, httpPort, files, member, observe } = options;
  // The text names the ports, which are not known before both listen.
  let view: SetupView | undefined;
  const ftp = await FtpServer.listen({
    host,
    port: ftpPort,
    login: (attempt) => (allowed.includes(attempt.user.toLowerCase()) ? view : member?.(attempt)),
    ...(observe && { observe }),
  });
  const http = new HttpDoor();
  try {
    const place = {
      addresses: host === everywhere ? lanAddresses() : [host],
      ftpPort: ftp.port,
      httpPort: await http.listen(host, httpPort),
    };
    const text = readmeText(place, setupFolders(files));
    const all = [...files, { folder: '', name: 'README.TXT', bytes: Buffer.from(text, 'ascii') }];
    http.offer(all, ftp.port);
    view = new SetupView(all, Date.now());
    return {
      place,
      close: async () => {
        await Promise.all([ftp.close(), http.close()]);
      },
    };
  } catch (error) {
    await ftp.close();
    throw error;
  }
}
