import { FtpServer } from '../ftp/server/server.ts';
import type { LoginAttempt, ServerEvent } from '../ftp/server/parts.ts';
import type { View } from '../ftp/server/view.ts';
import { joinUser } from '../domain/visit-script.ts';
import { HttpDoor } from './http-door.ts';
import { joiningFiles, ticketFiles } from './join-files.ts';
import type { Ticket } from './join-files.ts';
import { JoinDesk, JoinView } from './join-view.ts';
import { lanAddresses } from './lan-addresses.ts';
import { doorUser, readmeText } from './readme.ts';
import type { DoorPlace } from './readme.ts';
import { setupFolders } from './setup-files.ts';
import type { FilesAt, SetupFile } from './setup-files.ts';
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
  /** Of one transfer by FTP, so that an old network card is not flooded; 0 is no limit. */
  readonly bytesPerSecond: number;
  /** How often machines are to come that only fetch. */
  readonly everySeconds: number;
  /** Lets a machine ask to become one of them, by its AGENT.NFO; undefined: not this one, or not now. */
  readonly join?: (address: string, info: Uint8Array) => Promise<Ticket | undefined>;
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
  const { host, ftpPort, httpPort, bytesPerSecond, observe } = options;
  // The texts name the ports, which are not known before both listen.
  let letIn: ((attempt: LoginAttempt) => Promise<View | undefined> | View | undefined) | undefined;
  const ftp = await FtpServer.listen({
    host,
    port: ftpPort,
    login: (attempt) => letIn?.(attempt),
    limits: { bytesPerSecond },
    ...(observe && { observe }),
  });
  const http = new HttpDoor();
  try {
    const place = {
      addresses: host === everywhere ? lanAddresses() : [host],
      ftpPort: ftp.port,
      httpPort: await http.listen(host, httpPort),
    };
    const filesAt = setupAt(options, place);
    http.offer(filesAt, ftp.port);
    letIn = doorkeeper(options, ftp.port, filesAt);
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

/** The setup files, README.TXT, and what lets a machine join that only fetches. */
function setupAt({ files, join, everySeconds }: DoorOptions, place: DoorPlace): FilesAt {
  const folders = setupFolders(files);
  return (address) => {
    const { ftpPort: port, httpPort } = place;
    const near = { ...place, addresses: [address, ...place.addresses.filter((one) => one !== address)] };
    const text = readmeText(near, folders);
    const joining = join
      ? folders.flatMap((one) => joiningFiles(one, { host: address, port, httpPort, everySeconds }))
      : [];
    return [...files, ...joining, { folder: '', name: 'README.TXT', bytes: Buffer.from(text, 'ascii') }];
  };
}

function doorkeeper(
  { member, join, everySeconds }: DoorOptions,
  port: number,
  filesAt: FilesAt,
): (attempt: LoginAttempt) => Promise<View | undefined> | View | undefined {
  const openedMs = Date.now();
  const desk = new JoinDesk(async (address, info, host) => {
    const ticket = await join?.(address, info);
    return ticket && ticketFiles(ticket, { host, port, everySeconds });
  });
  return (attempt) => {
    const user = attempt.user.toLowerCase();
    if (allowed.includes(user)) return new SetupView(filesAt(attempt.localAddress), openedMs);
    if (user === joinUser && join) return new JoinView(desk, attempt);
    return member?.(attempt);
  };
}
