/** Where machines come to by themselves: the daemon's host as they reach it, and the port of its FTP server. */
export interface VisitPlace {
  readonly host: string;
  readonly port: number;
  /** How often they are to come. */
  readonly everySeconds: number;
}

export interface VisitLogin {
  readonly user: string;
  readonly password: string;
}

/** The user of whoever is not known here yet. */
export const joinUser = 'join';

/** How the FTP client of a system takes a list of commands. */
export type ScriptKind = 'windows' | 'dos';

/**
 * One visit, for a client that starts in the folder FLEET98. Orders are told from where they come to where they go (IN, RUN,
 * OUT), so that one that moves meanwhile is not missed; a log is sent after the END that counts its bytes. Nothing is
 * asked for by its name that may not be there, because some clients then leave an empty file.
 */
const visit: readonly string[] = [
  'cd /ID',
  'mget MACHINE.ID',
  'cd /OUT',
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

/** Tells of the machine, and takes what it needs to come again. */
const joining: readonly string[] = ['cd /OUT', 'put AGENT.NFO', 'cd /JOIN', 'mget *.*', 'quit'];

function opening(kind: ScriptKind, { host, port }: VisitPlace, { user, password }: VisitLogin): string[] {
  // mTCP's client has the address on its command line, asks for the user, and before each file until `prompt`.
  if (kind === 'dos') return [user, password, 'image', 'prompt'];
  return [`open ${host} ${port}`, `user ${user} ${password}`, 'binary'];
}

/** GO.FTP: a visit. */
export const visitScript = (kind: ScriptKind, place: VisitPlace, login: VisitLogin): readonly string[] => [
  ...opening(kind, place, login),
  ...visit,
];

/** JOIN.FTP: the first one, of a machine that nobody knows. By its password we learn how it calls this host. */
export const joinScript = (kind: ScriptKind, place: VisitPlace): readonly string[] => [
  ...opening(kind, place, { user: joinUser, password: place.host }),
  ...joining,
];

/** The line that has a client carry out a script: what GO.BAT and JOIN.BAT differ in from system to system. */
export const clientLine = (kind: ScriptKind, { host, port }: VisitPlace, script: string): string =>
  kind === 'dos' ? `FTP -port ${port} ${host} < ${script}` : `FTP -n -i -s:${script} > PULL.LOG`;

/** PULL.INI: what PULL.SH knows of the daemon; without a login it asks for one first. */
export const visitSettings = (
  { host, port, everySeconds }: VisitPlace,
  login?: VisitLogin,
): readonly string[] => [
  `host=${host}`,
  `port=${port}`,
  ...(login ? [`user=${login.user}`, `password=${login.password}`] : []),
  `every=${everySeconds}`,
];

/** ASK.BAT: asks to join, once more. */
export const askBatch = (kind: ScriptKind, place: VisitPlace): readonly string[] => [
  `@${clientLine(kind, place, 'JOIN.FTP')}`,
];

/** JOIN.BAT: everything from the first start on. */
export function joinBatch(kind: ScriptKind, place: VisitPlace): readonly string[] {
  // CHOICE waits no longer.
  const pull = `PULL ${Math.min(place.everySeconds, 99)}`;
  return [
    '@ECHO OFF',
    'REM JOIN.BAT - type JOIN in the folder FLEET98: agent and visits, from now on.',
    'IF EXIST GO.FTP GOTO KNOWN',
    ...(kind === 'dos' ? ['AGENT'] : ['START AGENT', 'ECHO The agent looks at this machine.']),
    ...(kind === 'dos' ? [] : [':WAIT', 'IF EXIST AGENT.NFO GOTO TELL', 'GOTO WAIT', ':TELL']),
    'CALL ASK',
    'IF NOT EXIST GO.FTP GOTO NOBODY',
    'IF NOT EXIST CODE.TXT GOTO NOBODY',
    pull,
    ':KNOWN',
    ...(kind === 'dos' ? [] : ['START AGENT']),
    pull,
    ':NOBODY',
    `ECHO JOIN: ${place.host}, port ${place.port}, did not answer.`,
    'ECHO Look at the cable, the address, the mask, and the firewall over there.',
  ];
}
