import type { KitFile } from './kit-file.ts';

/** What a kit is made for. */
export interface KitRequest {
  readonly platform: string;
  /** What the machine shall be called; undefined: one kit for all of a platform, which keep the names they have. */
  readonly name: string | undefined;
  /** Of the FTP server on the machine, where we bring one. */
  readonly password: string;
  /** The daemon's host as the machine reaches it, to be pinged. */
  readonly host: string | undefined;
}

export interface KitPlan {
  /** Ready-made programs that belong into it. */
  readonly programs: readonly string[];
  /** The files that are written for it. */
  readonly files: readonly KitFile[];
}

/** The user of the FTP server that we bring. */
export const kitUser = 'fleet';

const dosText = (lines: readonly string[]): Uint8Array =>
  Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1');

export const unixText = (lines: readonly string[]): Uint8Array =>
  Buffer.from(`${lines.join('\n')}\n`, 'latin1');

/** A kit's texts by platform. Undefined for a platform that has none. */
export function kitPlan(request: KitRequest): KitPlan | undefined {
  if (request.platform === 'win9x' || request.platform === 'winnt') return windowsKit(request);
  if (request.platform === 'msdos') return dosKit(request);
  return request.platform.startsWith('linux-') ? linuxKit(request) : undefined;
}

export const nameLine = ({ name }: Pick<KitRequest, 'name'>): readonly string[] =>
  name === undefined ? [] : [`name=${name}`];

export const title = ({ platform, name }: Pick<KitRequest, 'platform' | 'name'>): string =>
  `fleet98 kit for ${name ?? `every ${platform} machine`}`;

/** Shows the addresses and masks of a Windows, and whether the daemon's host answers. Every Windows with TCP/IP has both programs. */
export const networkLines = (host: string | undefined): readonly string[] => [
  'ECHO The addresses of this machine (Interface) and their masks (Netmask):',
  'ROUTE PRINT',
  ...(host === undefined
    ? []
    : [`ECHO Next: does ${host} answer? If not: cable, address, mask, firewall.`, `PING ${host}`]),
];

/** SETUP.BAT: copies these files, and goes on with these lines, the last of which leads to END. */
export const dosSetup = (names: readonly string[], then: readonly string[]): readonly string[] => [
  '@ECHO OFF',
  'IF NOT EXIST AGENT.EXE GOTO WHERE',
  'IF EXIST C:\\FLEET98\\MACHINE.ID GOTO OLD',
  'IF NOT EXIST C:\\FLEET98\\NUL MD C:\\FLEET98',
  ...names.map((name) => `COPY ${name} C:\\FLEET98`),
  ...names.map((name) => `IF NOT EXIST C:\\FLEET98\\${name} GOTO FAILED`),
  ...then,
  ':WHERE',
  'ECHO SETUP: go to the disk of the kit first, as with A:',
  'GOTO END',
  ':OLD',
  'ECHO SETUP: this machine belongs to a fleet already. Nothing was changed.',
  'GOTO END',
  ':FAILED',
  'ECHO SETUP: C:\\FLEET98 cannot be written. Is the disk full?',
  ':END',
];

function windowsKit(request: KitRequest): KitPlan {
  const { host, password } = request;
  const settings = [`ftp_user=${kitUser}`, `ftp_password=${password}`, ...nameLine(request)];
  const setup = dosSetup(
    ['AGENT.EXE', 'FTPD98.EXE', 'AGENT.INI'],
    [
      ...networkLines(host),
      'C:',
      'CD \\FLEET98',
      'AGENT /install',
      'FTPD98 /install',
      'START FTPD98',
      'START AGENT',
      'ECHO Done. The window of FTPD98 shows the address to register.',
      'GOTO END',
    ],
  );
  const readme = [
    title(request),
    '',
    '1. In an MS-DOS prompt type the letter of this disk, as A: and then SETUP',
    '2. The window of FTPD98 then shows the address of the machine.',
    '3. At the desk of the daemon:',
    '',
    `       fleet98 machine add NAME ADDRESS --user ${kitUser} --password-stdin`,
    '       fleet98 run starter NAME -i "Once upon a time"',
    '',
    `   The password is in AGENT.INI: ${password}`,
    '',
    'No address, or 0.0.0.0: Control Panel, Network, TCP/IP. WINIPCFG shows it.',
    'To undo it: AGENT /stop, AGENT /remove, FTPD98 /remove; restart, delete FLEET98',
  ];
  return kitOf(['AGENT.EXE', 'FTPD98.EXE'], {
    'AGENT.INI': settings,
    'SETUP.BAT': setup,
    'README.TXT': readme,
  });
}

function dosKit(request: KitRequest): KitPlan {
  const settings = ['# settings of the agent, key=value', ...nameLine(request)];
  const setup = dosSetup(
    ['AGENT.EXE', 'SERVE.BAT', 'AGENT.INI'],
    [
      'IF NOT EXIST C:\\FLEET98\\FTPSRV.EXE GOTO SERVER',
      'ECHO Done. Go to C:\\FLEET98 and type SERVE',
      'GOTO END',
      ':SERVER',
      'ECHO Done, but for the FTP server: copy FTPSRV.EXE of mTCP into C:\\FLEET98.',
      'ECHO Then go there and type SERVE',
      'GOTO END',
    ],
  );
  const readme = [
    title(request),
    '',
    '1. Type the letter of this disk, as A: and then SETUP',
    '2. Copy FTPSRV.EXE of mTCP into C:\\FLEET98; its manual has the packet driver.',
    '3. Go to C:\\FLEET98 and type SERVE',
    '4. At the desk of the daemon, with the user and password of FTPSRV:',
    '',
    '       fleet98 machine add NAME ADDRESS --platform msdos --user USER',
  ];
  return kitOf(['AGENT.EXE', 'SERVE.BAT'], {
    'AGENT.INI': settings,
    'SETUP.BAT': setup,
    'README.TXT': readme,
  });
}

function linuxKit(request: KitRequest): KitPlan {
  const settings = ['# settings of the agent, key=value', ...nameLine(request)];
  const setup = [
    '#!/bin/sh',
    '# sh SETUP.SH [FOLDER]   the folder is $HOME/FLEET98 otherwise',
    'set -e',
    'cd "$(dirname "$0")"',
    'folder="${1:-$HOME/FLEET98}"',
    'if [ -e "$folder/MACHINE.ID" ]; then',
    '  echo "SETUP: this machine belongs to a fleet already. Nothing was changed." >&2',
    '  exit 1',
    'fi',
    'mkdir -p "$folder"',
    'cp AGENT.EXE AGENT.INI "$folder"',
    'chmod +x "$folder/AGENT.EXE"',
    'echo "Done. Next: $folder/AGENT.EXE $folder, and an FTP server whose user sees and owns that folder."',
  ];
  const readme = [
    title(request),
    '',
    '1. On the machine: sh SETUP.SH',
    '2. Start AGENT.EXE in the folder that it names.',
    '   docs/install-agent.md: how it starts by itself, and the settings of vsftpd.',
    '3. At the desk of the daemon:',
    '',
    '       fleet98 machine add NAME ADDRESS --user USER --password-stdin',
  ];
  const plan = kitOf(['AGENT.EXE'], { 'AGENT.INI': settings, 'README.TXT': readme });
  return { ...plan, files: [...plan.files, { name: 'SETUP.SH', bytes: unixText(setup) }] };
}

export const kitOf = (
  programs: readonly string[],
  texts: Readonly<Record<string, readonly string[]>>,
): KitPlan => ({
  programs,
  files: Object.entries(texts).map(([name, lines]) => ({ name, bytes: dosText(lines) })),
});
