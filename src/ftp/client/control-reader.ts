/* oxlint-disable no-underscore-dangle -- basic-ftp names its hook so */
import type { FTPContext } from 'basic-ftp';
import { DomainError } from '../../domain/errors.ts';
import { LineAssembler, maxReplyChars } from './line-assembler.ts';
import { ReplyAssembler } from './reply-assembler.ts';

export interface ControlReaderEvents {
  /** Every line as it came, before anything is made of it. */
  onLine(line: string): void;
  /** A line that belongs to no FTP answer. */
  onJunk(line: string): void;
  /** More came than any FTP answer has. */
  onOverflow(): void;
}

export interface ControlReaderTuning {
  /** Silence after which a line without LF counts as whole. */
  readonly tailFlushMs: number;
  /** Silence after which an unclosed multi-line answer may end in another code. */
  readonly rescueMs: number;
}

/** basic-ftp looks this method up on the instance for each piece of data; a test fails when a release no longer does. */
interface ReadsControlData {
  _onControlSocketData(piece: string): void;
}

const readsControlData = (ftp: object): ftp is ReadsControlData =>
  '_onControlSocketData' in ftp && typeof ftp._onControlSocketData === 'function';

/** Puts our line and answer assembly between the control socket and basic-ftp. Returns a function that stops its timers. */
export function installControlReader(
  ftp: FTPContext,
  events: ControlReaderEvents,
  tuning: ControlReaderTuning,
): () => void {
  const hook: object = ftp;
  if (!readsControlData(hook)) {
    throw new DomainError('BUG', 'this release of basic-ftp cannot be given our line reader');
  }
  const passOn = hook._onControlSocketData.bind(ftp);
  const reader = new ControlReader((reply) => passOn(`${reply}\r\n`), events, tuning);
  let socket = ftp.socket;
  // Our listener must run before basic-ftp's own, which throws away the task that waits for the last words.
  socket.prependListener('end', () => reader.end());
  hook._onControlSocketData = (piece) => {
    if (ftp.socket !== socket) {
      socket = ftp.socket;
      reader.reset();
    }
    reader.push(piece);
  };
  return () => reader.reset();
}

class ControlReader {
  readonly #deliver: (reply: string) => void;
  readonly #events: ControlReaderEvents;
  readonly #tuning: ControlReaderTuning;
  #lines = new LineAssembler();
  #replies = new ReplyAssembler();
  #junkChars = 0;
  #flushTimer: NodeJS.Timeout | undefined;
  #rescueTimer: NodeJS.Timeout | undefined;

  constructor(deliver: (reply: string) => void, events: ControlReaderEvents, tuning: ControlReaderTuning) {
    this.#deliver = deliver;
    this.#events = events;
    this.#tuning = tuning;
  }

  push(piece: string): void {
    this.#stopTimers();
    const { lines, overflowed } = this.#lines.push(piece);
    this.#take(lines);
    if (overflowed) {
      this.#events.onOverflow();
      return;
    }
    // Two digits may be the start of a code; more than that, or anything else, is a line that nobody ends.
    if (!/^\d{0,2}$/.test(this.#lines.tail)) {
      this.#flushTimer = setTimeout(() => this.#flush(), this.#tuning.tailFlushMs).unref();
    }
    this.#watchBlock();
  }

  end(): void {
    this.#stopTimers();
    this.#flush();
  }

  reset(): void {
    this.#stopTimers();
    this.#lines = new LineAssembler();
    this.#replies = new ReplyAssembler();
    this.#junkChars = 0;
  }

  #take(lines: readonly string[]): void {
    for (const line of lines) {
      this.#events.onLine(line);
      const result = this.#replies.push(line);
      if (result.kind === 'reply') this.#give(result.reply);
      else if (result.kind === 'junk') this.#countJunk(line);
      else if (result.kind === 'overflow') this.#events.onOverflow();
    }
  }

  #give(reply: string): void {
    this.#junkChars = 0;
    this.#deliver(reply);
  }

  #countJunk(line: string): void {
    this.#junkChars += line.length + 1;
    if (this.#junkChars > maxReplyChars) this.#events.onOverflow();
    else if (line.trim() !== '') this.#events.onJunk(line);
  }

  #flush(): void {
    this.#take(this.#lines.flush());
    this.#watchBlock();
  }

  #watchBlock(): void {
    if (!this.#replies.isInBlock) return;
    clearTimeout(this.#rescueTimer);
    this.#rescueTimer = setTimeout(() => {
      const reply = this.#replies.rescue();
      if (reply !== undefined) this.#give(reply);
    }, this.#tuning.rescueMs).unref();
  }

  #stopTimers(): void {
    clearTimeout(this.#flushTimer);
    clearTimeout(this.#rescueTimer);
  }
}
