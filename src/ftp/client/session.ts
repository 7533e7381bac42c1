import { DomainError } from '../../domain/errors.ts';
import { resolveAllowed } from './address.ts';
import { sendBinaryType } from './binary-type.ts';
import { ControlChannel } from './control-channel.ts';
import { DataConnections } from './data-connections.ts';
import { logIn } from './login.ts';
import type { FtpAccount } from './login.ts';
import { bannerRefusalCode } from './reply-errors.ts';
import { isDone, wordsOf } from './reply.ts';
import type { FtpReply } from './reply.ts';
import { escapeControls } from './transcript.ts';
import { defaultTuning } from './tuning.ts';
import type { FtpTuning } from './tuning.ts';

const maxFactChars = 2048;

export interface FtpSessionOptions extends FtpAccount {
  readonly host: string;
  readonly port: number;
  readonly allowedNetworks: readonly string[];
  readonly connectMs: number;
  readonly replyMs: number;
  /** Names of the data connections that worked before, best first. */
  readonly knownDataConnections: readonly string[];
  readonly tuning?: Partial<FtpTuning>;
}

export interface FtpSession {
  readonly control: ControlChannel;
  readonly connections: DataConnections;
  /** Asks the server for what it says of itself; control bytes escaped, each value at most 2 KiB. */
  describe(): Promise<{ readonly banner: string; readonly syst: string; readonly feat: readonly string[] }>;
}

/**
 * Connects and logs in, step by step, because basic-ftp's own `access()` sends OPTS before USER, takes a second 220 for
 * the answer to USER and does not know ACCT. Throws the codes of "Reaching a machine"; CANCELED when `signal` fires.
 */
export async function openFtpSession(options: FtpSessionOptions, signal: AbortSignal): Promise<FtpSession> {
  if (signal.aborted) throw canceled();
  const address = await resolveInTime(options);
  const control = new ControlChannel({
    secrets: [options.password, ...(options.account === undefined ? [] : [options.account])],
    replyMs: options.replyMs,
    tuning: { ...defaultTuning, ...options.tuning },
  });
  const onAbort = () => control.fail(canceled());
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal.aborted) throw canceled();
    const banner = await greet(control, address, options);
    await logIn(control, options);
    await sendBinaryType(control);
    const connections = new DataConnections(control, {
      connectMs: options.connectMs,
      known: options.knownDataConnections,
    });
    const describe = async () => {
      const syst = await ask(control, 'SYST');
      return { banner, syst: syst ?? '', feat: featureLines(await ask(control, 'FEAT')) };
    };
    return { control, connections, describe };
  } catch (thrown) {
    await control.quit();
    throw thrown;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function resolveInTime(options: FtpSessionOptions): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    const error = new DomainError('HOST_NOT_FOUND', 'the machine’s name was not resolved in time');
    timer = setTimeout(() => reject(error), options.connectMs);
  });
  try {
    return await Promise.race([resolveAllowed(options.host, options.allowedNetworks), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

async function greet(control: ControlChannel, address: string, options: FtpSessionOptions): Promise<string> {
  const replies = await control.connect(address, options.port, options.connectMs);
  const last = replies.at(-1);
  if (last !== undefined && !isDone(last)) {
    const detail = `the server greets with "${control.transcript.clean(last.text)}"`;
    throw control.fail(new DomainError(bannerRefusalCode(last), detail));
  }
  return asFact(replies.map(wordsOf).join('\n'));
}

/** The words of an answer; undefined where the server refuses, which is its right. */
async function ask(control: ControlChannel, command: string): Promise<string | undefined> {
  const reply: FtpReply = await control.command(command);
  if (reply.code === 421) throw control.refusal(command, reply);
  return isDone(reply) ? asFact(wordsOf(reply)) : undefined;
}

/** One feature a line; the first and the last line of the answer are only words around them. */
const featureLines = (words: string | undefined): readonly string[] =>
  words === undefined ? [] : words.split('\n').slice(1, -1);

const asFact = (words: string): string =>
  words.split('\n').map(escapeControls).join('\n').slice(0, maxFactChars);

const canceled = (): DomainError => new DomainError('CANCELED', 'opening the session was canceled');
