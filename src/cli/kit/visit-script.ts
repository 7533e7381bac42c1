/** Where a machine logs in that comes by itself. */
export interface VisitPlace {
  /** An IPv4 address of the daemon's host, and the port of its FTP server. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/**
 * One visit, for a client that starts in the folder FLEET98. Orders are told from where they come to where they go (IN, RUN,
 * OUT), so that one that moves meanwhile is not missed; a log is sent after the END that counts its bytes. Nothing is
 * asked for by its name that may not be there, because some clients then leave an empty file.
 */
const visit: readonly string[] = [
  'cd OUT',
  'put MACHINE.ID',
  'put AGENT.NFO',
  'lcd IN',
  'mput *.JOB',
  'lcd ..',
  'lcd RUN',
  'mput *.RUN',
  'lcd ..',
  'lcd OUT',
  'mput *.END',
  'mput *.LOG',
  'mput *.K?',
  'lcd ..',
  'lcd STAGE',
  'cd /IN/STAGE',
  'mget *.*',
  'lcd ..',
  'lcd IN',
  'cd /IN',
  'mget *.JOB',
  'lcd ..',
  'mget TIDY.BAT',
  'quit',
];

/** GO.FTP for `FTP -n -i -s:GO.FTP` of Windows, and for the clients of Unix. */
export const windowsScript = ({ host, port, user, password }: VisitPlace): readonly string[] => [
  `open ${host} ${port}`,
  `user ${user} ${password}`,
  'binary',
  ...visit,
];

/** GO.FTP for `FTP -port PORT HOST < GO.FTP` of mTCP: it asks for the user, and before each file until `prompt`. */
export const dosScript = ({ user, password }: VisitPlace): readonly string[] => [
  user,
  password,
  'image',
  'prompt',
  ...visit,
];

/** GO.BAT: the one line of PULL.BAT that differs from system to system. */
export const windowsGo: readonly string[] = ['@FTP -n -i -s:GO.FTP > PULL.LOG'];
export const dosGo = ({ host, port }: VisitPlace): readonly string[] => [
  `@FTP -port ${port} ${host} < GO.FTP`,
];
