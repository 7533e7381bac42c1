import { Client, FTPError } from 'basic-ftp';
import type { FTPResponse, TaskResolver } from 'basic-ftp';
import { DomainError } from '../../domain/errors.ts';
import { connectionError } from './connection-errors.ts';
import { installControlReader } from './control-reader.ts';
import { refusalCode } from './reply-errors.ts';
import type { FtpReply } from './reply.ts';
import { Transcript } from './transcript.ts';
import type { FtpTuning } from './tuning.ts';

const maxRepliesPerCommand = 50;
const keepAliveMs = 15_000;
/** No command is answered so: it is a line of the banner that comes late. */
const greetings: readonly number[] = [120, 220];

/** A command on its way. Both promises are rejected with a DomainError when the connection breaks; neither has a timer. */
export interface Exchange {
  /** The first answer of any kind: 1xx when a transfer begins, otherwise the same as `final`. */
  readonly started: Promise<FtpReply>;
  /** The answer that ends the command: 2xx to 5xx. */
  readonly final: Promise<FtpReply>;
}

/**
 * The control connection of one session: basic-ftp underneath (its tasks, its sockets), our line reader in front, our
 * timers around. Commands run one at a time; the caller sees to that. The first failure closes it for good.
 */
export class ControlChannel {
  readonly transcript: Transcript;
  readonly tuning: FtpTuning;
  readonly #replyMs: number;
  // basic-ftp has one timer for everything, which fits nothing; 0 turns it off.
  readonly #client = new Client(0);
  readonly #stopReader: () => void;
  #failure: DomainError | undefined;
  #connected = false;
  #heardFtp = false;

  constructor(options: { secrets: readonly string[]; replyMs: number; tuning: FtpTuning }) {
    this.transcript = new Transcript(options.secrets);
    this.tuning = options.tuning;
    this.#replyMs = options.replyMs;
    const { ftp } = this.#client;
    ftp.encoding = 'latin1';
    ftp.log = (message) => this.#logSent(message);
    this.#client.prepareTransfer = () =>
      Promise.reject(new DomainError('BUG', 'data connections are opened by data-connections.ts'));
    this.#stopReader = installControlReader(
      ftp,
      {
        onLine: (line) => this.transcript.received(line),
        onJunk: (line) => this.#onJunk(line),
        onOverflow: () => this.#onOverflow(),
      },
      options.tuning,
    );
  }

  get isOpen(): boolean {
    return this.#failure === undefined && !this.#client.closed;
  }

  /** Why the channel was closed from this side or found broken; undefined while nobody has noticed anything. */
  get failure(): DomainError | undefined {
    return this.#failure;
  }

  /** The checked address of the machine; data connections go nowhere else. */
  get peerAddress(): string {
    return this.#client.ftp.socket.remoteAddress ?? '';
  }

  /**
   * Connects and reads the banner. Resolves with its answers (at least one, the last of them not 1xx); what may trail
   * behind is passed over later. CONNECT_REFUSED, UNREACHABLE, TIMEOUT, SERVER_BUSY, NOT_FTP.
   */
  async connect(address: string, port: number, connectMs: number): Promise<readonly FtpReply[]> {
    const { socket } = this.#client.ftp;
    const seen: FtpReply[] = [];
    const timer = setTimeout(() => this.fail(this.#silence(seen)), connectMs);
    socket.once('connect', () => {
      this.#connected = true;
      socket.setKeepAlive(true, keepAliveMs);
      socket.setNoDelay(true);
    });
    socket.connect({ host: address, port });
    try {
      return await this.#handle(undefined, (reply, resolve) => {
        this.#heardFtp = true;
        seen.push(reply);
        if (reply.code >= 200) resolve(seen);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends a command and gives its answer, a refusal too. TIMEOUT (or `silence`) and LINK_LOST close the channel. */
  command(line: string, options: { timeoutMs?: number; silence?: DomainError } = {}): Promise<FtpReply> {
    const { final } = this.exchange(line);
    return this.within(options.timeoutMs ?? this.#replyMs, final, options.silence);
  }

  /** Sends a command whose answers the caller wants one by one. */
  exchange(line: string): Exchange {
    let start: (reply: FtpReply) => void = nothing;
    const first = new Promise<FtpReply>((resolve) => {
      start = resolve;
    });
    const final = this.#handle<FtpReply>(line, (reply, resolve) => {
      if (greetings.includes(reply.code)) return;
      start(reply);
      if (reply.code >= 200) resolve(reply);
    });
    const started = Promise.race([first, final]);
    // A transfer looks at these only after its data; a break before that must not count as unhandled.
    final.catch(nothing);
    started.catch(nothing);
    return { started, final };
  }

  /** The promise, or the channel is closed with TIMEOUT (or `silence`) after so long (default: the reply time). */
  async within<T>(timeoutMs: number | undefined, promise: Promise<T>, silence?: DomainError): Promise<T> {
    const onSilence = () => this.fail(silence ?? new DomainError('TIMEOUT', 'the machine did not answer'));
    const timer = setTimeout(onSilence, timeoutMs ?? this.#replyMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** A refusal as an error. Most leave the session usable; 421 is a good-bye. */
  refusal(verb: string, reply: FtpReply, path = ''): DomainError {
    const command = this.transcript.clean(path === '' ? verb : `${verb} ${path}`);
    const detail = `the server answered "${this.transcript.clean(reply.text)}" to ${command}`;
    const error = new DomainError(refusalCode(verb, reply), detail);
    return reply.code === 421 ? this.fail(error) : error;
  }

  /** Closes the channel; every later call fails the same way. The first reason stays and is returned. */
  fail(error: DomainError): DomainError {
    if (this.#failure === undefined) {
      this.#failure = error;
      this.#stopReader();
      this.#client.ftp.closeWithError(error);
    }
    return this.#failure;
  }

  /** Says QUIT and closes. Never throws. */
  async quit(): Promise<void> {
    if (this.isOpen) await this.command('QUIT', { timeoutMs: this.tuning.quitMs }).catch(nothing);
    // basic-ftp sends a QUIT of its own when it closes an open socket; one is enough.
    this.#client.ftp.socket.destroy();
    this.fail(new DomainError('LINK_LOST', 'the session was closed'));
  }

  async #handle<T>(
    line: string | undefined,
    onReply: (reply: FtpReply, resolve: (value: T) => void) => void,
  ): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure;
    if (line !== undefined && /[\r\n\0]/.test(line)) {
      throw new DomainError('INVALID_REQUEST', 'an FTP command cannot hold CR, LF or NUL');
    }
    let replies = 0;
    const handler = (response: Error | FTPResponse, task: TaskResolver): void => {
      const reply = asReply(response);
      if (reply === undefined) {
        task.reject(response instanceof Error ? this.#broken(response) : new Error('no reply'));
        return;
      }
      replies += 1;
      if (replies > maxRepliesPerCommand) {
        this.fail(new DomainError('FTP_UNEXPECTED', 'the server does not stop answering'));
        return;
      }
      onReply(reply, (value) => task.resolve(value));
    };
    const answer: Promise<T> = withoutStack(() => this.#client.ftp.handle(line, handler));
    return answer;
  }

  #broken(error: Error): DomainError {
    return this.fail(connectionError(error, this.#connected));
  }

  #silence(seen: readonly FtpReply[]): DomainError {
    if (!this.#connected)
      return new DomainError('UNREACHABLE', 'no connection to the machine could be made in time');
    if (seen.length > 0)
      return new DomainError('SERVER_BUSY', 'the server asks to wait and then does not begin');
    return new DomainError('TIMEOUT', 'the machine accepts the connection but says nothing');
  }

  #onJunk(line: string): void {
    if (this.#heardFtp) return;
    this.fail(new DomainError('NOT_FTP', `the first thing said there is "${this.transcript.clean(line)}"`));
  }

  #onOverflow(): void {
    const detail = 'the server sends text without end where one answer should be';
    this.fail(new DomainError(this.#heardFtp ? 'FTP_UNEXPECTED' : 'NOT_FTP', detail));
  }

  #logSent(message: string): void {
    // Received lines are logged as they come in; and basic-ftp adds a QUIT of its own to every close.
    if (this.#failure === undefined && message.startsWith('> ')) this.transcript.sent(message.slice(2));
  }
}

const nothing = () => {};

/** basic-ftp writes down the call stack at each command, which costs more than the command itself. */
function withoutStack<T>(call: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return call();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function asReply(response: Error | FTPResponse): FtpReply | undefined {
  if (response instanceof FTPError) return { code: response.code, text: response.message };
  if (response instanceof Error) return undefined;
  return { code: response.code, text: response.message };
}
