/** How much a client may take of the server. Every one has a default that suits a shelf of old machines. */
export interface Limits {
  readonly sessionsInAll: number;
  readonly sessionsPerAddress: number;
  /** A session that was silent for so long is closed when its own address wants another one: it may have lost power. */
  readonly giveWayMs: number;
  /** Time to log in. */
  readonly loginMs: number;
  /** Wrong passwords in one session; the last one closes it. */
  readonly loginTries: number;
  /** The answer to a wrong password waits so long, twice as long each time, up to the second value. */
  readonly loginDelayMs: number;
  readonly loginDelayMaxMs: number;
  /** Wrong passwords of an address are forgotten after so long without another one. */
  readonly loginForgetMs: number;
  /** Silence between two commands. */
  readonly idleMs: number;
  /** For the client to come to a passive port or to answer on its own. */
  readonly dataWaitMs: number;
  /** In which a transfer must move a byte. */
  readonly dataStallMs: number;
  /** For the client's own end of a data connection after a download; a client that waits for 226 instead gets it then. */
  readonly closeWaitMs: number;
  readonly lineBytes: number;
  /** Commands that may wait while another is under way; beyond, the connection is not read. */
  readonly queuedLines: number;
  readonly commandsPerSecond: number;
  /** Of one session's transfers, for machines that a fast peer floods; 0 is no limit. */
  readonly bytesPerSecond: number;
  /** Lines one after the other that are no commands; the last one closes the session. */
  readonly badLines: number;
  /** Of what a client said and is told back. */
  readonly echoChars: number;
  /** Lines of a folder that STAT tells over the control connection. */
  readonly statLines: number;
}

export const defaultLimits: Limits = {
  sessionsInAll: 50,
  sessionsPerAddress: 4,
  giveWayMs: 60_000,
  loginMs: 60_000,
  loginTries: 3,
  loginDelayMs: 1000,
  loginDelayMaxMs: 8000,
  loginForgetMs: 900_000,
  idleMs: 600_000,
  dataWaitMs: 45_000,
  dataStallMs: 120_000,
  closeWaitMs: 3000,
  lineBytes: 512,
  queuedLines: 64,
  commandsPerSecond: 500,
  bytesPerSecond: 0,
  badLines: 30,
  echoChars: 200,
  statLines: 500,
};
