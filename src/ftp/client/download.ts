import type { Socket } from 'node:net';
import { asDomainError, DomainError } from '../../domain/errors.ts';
import type { ControlChannel } from './control-channel.ts';
import type { DataConnections } from './data-connections.ts';
import { isRefusal } from './reply.ts';
import { sendBinaryType } from './binary-type.ts';
import { StallTimer } from './stall-timer.ts';

export interface FtpDownload {
  readonly path: string;
  readonly fromByte: number;
  /** NLST gives the names in a folder; its bytes come as a file's do. */
  readonly verb?: 'RETR' | 'NLST';
  /** False: the server cannot start at an offset; the whole file is read and its head dropped. */
  readonly restart: boolean;
  /** The most bytes from `fromByte` on. */
  readonly maxBytes: number;
  readonly replyMs: number;
  readonly stallMs: number;
}

/** Gets the bytes in their order. While it works on a piece no other is read from the network. */
export type TakeBytes = (piece: Uint8Array) => Promise<void> | void;

/**
 * Hands on the bytes of a file from `fromByte` on, as they come. Past `maxBytes` the session is closed with
 * REPLY_TOO_LARGE, after those within were taken. A refusal leaves the session open, a stall or a break closes it, and
 * so does an error of `take`.
 */
export async function download(
  control: ControlChannel,
  connections: DataConnections,
  request: FtpDownload,
  take: TakeBytes,
): Promise<void> {
  await sendBinaryType(control);
  const data = await connections.open();
  try {
    const skip = request.fromByte > 0 && !(await restartAt(control, request)) ? request.fromByte : 0;
    await retrieve(control, data.socket, request, new Intake(skip, request.maxBytes, take));
  } finally {
    data.close();
  }
}

async function restartAt(control: ControlChannel, request: FtpDownload): Promise<boolean> {
  if (!request.restart) return false;
  const reply = await control.command(`REST ${request.fromByte}`);
  if (reply.code === 421) throw control.refusal('REST', reply);
  return reply.code === 350;
}

/** Drops the head that a server without REST sends again, and keeps to the limit. */
class Intake {
  readonly #take: TakeBytes;
  #toSkip: number;
  #left: number;
  tooMuch = false;

  constructor(skip: number, maxBytes: number, take: TakeBytes) {
    this.#toSkip = skip;
    this.#left = maxBytes;
    this.#take = take;
  }

  push(piece: Uint8Array): Promise<void> | void {
    const fresh = piece.subarray(this.#toSkip);
    this.#toSkip -= piece.length - fresh.length;
    const wanted = fresh.subarray(0, this.#left);
    this.#left -= wanted.length;
    this.tooMuch ||= wanted.length < fresh.length;
    if (wanted.length > 0) return this.#take(wanted);
  }
}

async function retrieve(
  control: ControlChannel,
  data: Promise<Socket>,
  request: FtpDownload,
  intake: Intake,
): Promise<void> {
  const { path, verb = 'RETR' } = request;
  const exchange = control.exchange(`${verb} ${path}`);
  const first = await control.within(request.replyMs, exchange.started);
  if (isRefusal(first)) throw control.refusal(verb, first, path);
  const socket = await data;
  const drop = () => socket.destroy();
  exchange.final.then((reply) => {
    if (isRefusal(reply)) drop();
  }, drop);

  const isWhole = await pour(
    socket,
    request.stallMs,
    intake,
    (problem) => {
      control.fail(problem);
      drop();
    },
    request,
  );
  // The end answer may have come before the data was given up; it must not hide why.
  if (!isWhole && control.failure !== undefined) throw control.failure;
  const final = await control.within(request.replyMs, exchange.final);
  if (isRefusal(final)) throw control.refusal(verb, final, path);
  if (!isWhole) {
    throw control.fail(new DomainError('LINK_LOST', `the data connection broke at ${path}`));
  }
}

/** Hands on everything up to the end of the data; false when it broke off. */
function pour(
  socket: Socket,
  stallMs: number,
  intake: Intake,
  onProblem: (problem: DomainError) => void,
  { path, maxBytes }: FtpDownload,
): Promise<boolean> {
  // What ended or broke before the server's 150 was read has no events left to give; for an empty file that is usual.
  if (socket.readableEnded) {
    socket.end();
    return Promise.resolve(true);
  }
  if (socket.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const stall = new StallTimer(stallMs, () => onProblem(stalled(path)));
    let taking: Promise<void> | undefined;
    const finish = (isWhole: boolean): void => {
      stall.stop();
      if (taking) void taking.then(() => resolve(isWhole));
      else resolve(isWhole);
    };
    stall.start();
    socket.on('data', (piece: Buffer) => {
      stall.start();
      const took = intake.push(piece);
      if (intake.tooMuch) onProblem(tooLarge(path, maxBytes));
      if (!took) return;
      socket.pause();
      stall.pause();
      taking = took.then(
        () => {
          taking = undefined;
          if (socket.destroyed) return;
          stall.start();
          socket.resume();
        },
        (error: unknown) => onProblem(asDomainError(error)),
      );
    });
    socket.once('end', () => {
      // Servers that want to know that all came wait for our end with their last answer.
      socket.end();
      finish(!intake.tooMuch);
    });
    socket.once('close', () => finish(false));
  });
}

const stalled = (path: string): DomainError =>
  new DomainError('TIMEOUT', `no more bytes of ${path} come from the machine`);

const tooLarge = (path: string, limitBytes: number): DomainError =>
  new DomainError('REPLY_TOO_LARGE', `${path} has more than ${limitBytes} bytes to read`);
