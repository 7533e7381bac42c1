import type { ErrorCode } from '../../domain/errors.ts';
import { wordsOf } from './reply.ts';
import type { FtpReply } from './reply.ts';

interface RefusalRow {
  /** Reply codes; none means any. */
  readonly codes?: readonly number[];
  /** Commands; none means any. */
  readonly verbs?: readonly string[];
  /** What the words must match; none means any words. */
  readonly words?: RegExp;
  readonly error: ErrorCode;
}

const reading = ['RETR', 'SIZE'];
const storing = ['STOR', 'APPE'];
const changing = [...storing, 'DELE', 'RNFR', 'RNTO', 'MKD', 'XMKD'];
const filling = [...storing, 'MKD', 'XMKD'];
const naming = [...reading, 'DELE', 'RNFR', 'CWD'];

const crowded =
  /too many|(?:max(?:imum)?|limit)\b.{0,60}\b(?:connect|client|user|session|login)|already connected|no more (?:connections|users|sessions)|server (?:is )?(?:full|busy)|try again later/i;
const inUse =
  /in use|used by another|being used|sharing violation|\bbusy\b|file is open|already open|\blocked\b/i;
const notThere =
  /not found|no such|(?:does|do|did) ?(?:n.t| not) exist|not exist|(?:can ?not|can.?t|could not) find|\b(?:no files?|not a (?:plain|regular) file)\b|unknown file/i;
const thereAlready = /already exist|\bexists\b|exist(?:s|ing)? already|\bfile exist\b/i;
const notAllowed =
  /permission|denied|not allowed|not permitted|read.?only|forbidden|no (?:write )?access|privilege|not authori[sz]ed|write.?protect/i;
const noSpace =
  /disk (?:is )?full|no (?:more )?space|not enough (?:disk )?(?:space|room)|insufficient|out of (?:disk )?space|quota|exceeded storage|no free (?:clusters|space)|filesystem error/i;

/**
 * What a refusal means, first match wins. The words come before the bare code, because servers use 550 for everything.
 * A new server's dialect is one more row here and one more line in fixtures/ftp/replies.tsv.
 */
const rows: readonly RefusalRow[] = [
  { codes: [421], words: crowded, error: 'SERVER_BUSY' },
  { codes: [421], error: 'LINK_LOST' },
  { codes: [425, 426], error: 'NO_DATA_CONNECTION' },
  { codes: [530], words: crowded, error: 'SERVER_BUSY' },
  { codes: [530], error: 'LOGIN_REFUSED' },
  { codes: [500, 502, 504, 202], error: 'FTP_UNEXPECTED' },
  { verbs: filling, codes: [452, 552], error: 'DISK_FULL' },
  { verbs: filling, words: noSpace, error: 'DISK_FULL' },
  { words: inUse, error: 'FILE_BUSY' },
  { words: notThere, verbs: [...naming, ...changing], error: 'FILE_NOT_FOUND' },
  { words: thereAlready, verbs: [...filling, 'RNTO'], error: 'FILE_EXISTS' },
  { words: notAllowed, verbs: changing, error: 'WRITE_REFUSED' },
  { words: notAllowed, error: 'FTP_UNEXPECTED' },
  // vsftpd, proftpd and busybox say no more than 451 when a write fails, and a full disk is nearly always why.
  { verbs: storing, codes: [451], error: 'DISK_FULL' },
  { codes: [450], error: 'FILE_BUSY' },
  { verbs: naming, codes: [550], error: 'FILE_NOT_FOUND' },
  { verbs: filling, codes: [532, 550, 553], error: 'WRITE_REFUSED' },
  { verbs: ['MKD', 'XMKD'], codes: [521], error: 'FILE_EXISTS' },
  { verbs: ['DELE'], codes: [553], error: 'WRITE_REFUSED' },
];

/** The error code for an answer that is not what the command (`STOR`, `RNTO` …) asked for. */
export function refusalCode(verb: string, reply: FtpReply): ErrorCode {
  const words = wordsOf(reply);
  const row = rows.find(
    (candidate) =>
      (candidate.codes?.includes(reply.code) ?? true) &&
      (candidate.verbs?.includes(verb) ?? true) &&
      (candidate.words?.test(words) ?? true),
  );
  return row?.error ?? 'FTP_UNEXPECTED';
}

/** What a refused USER, PASS or ACCT means. Only a crowded server is worth another try. */
export function loginRefusalCode(verb: string, reply: FtpReply): ErrorCode {
  if (reply.code === 421 || crowded.test(wordsOf(reply))) return 'SERVER_BUSY';
  if (verb === 'USER' && (reply.code === 500 || reply.code === 502)) return 'NOT_FTP';
  return reply.code >= 400 ? 'LOGIN_REFUSED' : 'FTP_UNEXPECTED';
}

/** What a refused connection (a banner of 4xx or 5xx) means. */
export function bannerRefusalCode(reply: FtpReply): ErrorCode {
  return reply.code === 421 || crowded.test(wordsOf(reply)) ? 'SERVER_BUSY' : 'FTP_UNEXPECTED';
}

/** The server speaks of a full disk; looked for in what came last before a connection broke. */
export const saysDiskFull = (code: number): boolean => code === 451 || code === 452 || code === 552;
