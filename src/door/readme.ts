/** Where the door is, as a machine on the LAN reaches it. */
export interface DoorPlace {
  /** Addresses of this host; empty: it is on no LAN. */
  readonly addresses: readonly string[];
  readonly ftpPort: number;
  readonly httpPort: number;
}

/** The user that may look, whatever the password. */
export const doorUser = 'anonymous';

/** What somebody types on a machine to fetch files of a folder; ftp.exe takes no port on its command line. */
export const fetchLines = (
  address: string,
  ftpPort: number,
  folder: string,
  names: readonly string[],
): readonly string[] => [
  'ftp -n',
  `open ${address} ${ftpPort}`,
  `user ${doorUser} fleet98`,
  'binary',
  `cd ${folder}`,
  ...names.map((name) => `get ${name}`),
  'quit',
];

/** README.TXT: the lines to type, for 80 columns. */
export function readmeText(place: DoorPlace, folders: readonly string[]): string {
  const [address = 'ADDRESS'] = place.addresses;
  const others = place.addresses.slice(1);
  const lines = [
    'fleet98: set up this machine',
    '============================',
    '',
    `This host: ${place.addresses.join(', ') || 'no address on a LAN'}`,
    ...(others.length > 0 ? ['Take the address whose first numbers are those of your machine.'] : []),
    `FTP: port ${place.ftpPort}, user ${doorUser}, any password.   Web: http://${address}:${place.httpPort}/`,
    `Folders: ${folders.join(', ')}`,
    '',
    'WINDOWS 95, 98, ME, NT: type in a DOS window',
    '',
    '    md C:\\FLEET98',
    '    cd C:\\FLEET98',
    ...fetchLines(address, place.ftpPort, 'WIN9X', ['AGENT.EXE', 'FTPD98.EXE']).map((line) => `    ${line}`),
    '    edit AGENT.INI       two lines, save:  ftp_user=fleet',
    '                                           ftp_password=SOMETHING LONG',
    '    start FTPD98',
    '    start AGENT',
    '    FTPD98 /install      both start with Windows from now on',
    '    AGENT /install',
    '',
    'The agent then says in its window whether all is well. FTPD98 shows the address',
    'of this machine. At the desk of the daemon, with that address:',
    '',
    '    fleet98 machine add NAME ADDRESS --user fleet',
    '    fleet98 run starter NAME -i "Once upon a time"',
    '',
    'DOS with mTCP: the same with its ftp, and AGENT.EXE and SERVE.BAT of MSDOS.',
    'Linux: the folder for your processor: AGENT.EXE; the FTP server is your own.',
    '',
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}
