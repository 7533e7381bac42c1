/** Where the door is, as a machine on the LAN reaches it. */
export interface DoorPlace {
  /** Addresses of this host; empty: it is on no LAN. */
  readonly addresses: readonly string[];
  readonly ftpPort: number;
  readonly httpPort: number;
}

/** The user that may look, whatever the password. */
export const doorUser = 'anonymous';

/** What somebody types on a machine to fetch all files of a folder; ftp.exe takes no port on its command line. */
export const fetchAllLines = (address: string, ftpPort: number, folder: string): readonly string[] => [
  'ftp -n -i',
  `open ${address} ${ftpPort}`,
  `user ${doorUser} fleet98`,
  'binary',
  `cd ${folder}`,
  'mget *.*',
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
    ...fetchAllLines(address, place.ftpPort, 'WIN9X').map((line) => `    ${line}`),
    '    JOIN',
    '',
    'A code comes on the screen. At the desk of the daemon, with that code:',
    '',
    '    fleet98 machine approve NAME --code CODE',
    '    fleet98 run starter NAME -i "Once upon a time"',
    '',
    'The machine fetches its work from now on; after the next start of Windows',
    'type JOIN in that folder again. With an FTP server on it work comes at once:',
    'then do not type JOIN, but make AGENT.INI with two lines, ftp_user=fleet and',
    'ftp_password=SOMETHING LONG, type START FTPD98, START AGENT, and at the desk:',
    '',
    '    fleet98 machine add NAME ADDRESS --user fleet',
    '',
    'LINUX, any Unix: in the folder for your processor, or UNIX',
    '',
    `    wget http://${address}:${place.httpPort}/LINUX-I386/JOIN.SH`,
    '    sh JOIN.SH',
    '',
    'DOS with mTCP: the same as Windows, with its ftp and the folder MSDOS.',
    '',
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}
