import type { Socket } from 'node:net';
import { DomainError } from '../../domain/errors.ts';
import type { ControlChannel } from './control-channel.ts';
import type { DataConnections } from './data-connections.ts';
import { isRefusal } from './reply.ts';
import { sendBinaryType } from './binary-type.ts';
import { StallTimer } from './stall-timer.ts';

export interface FtpDownload {
  readonly path: string;
  readonly fromByte: number;
  /** False: the server cannot start at an offset; the whole file is read and its head dropped. */
  readonly restart: boolean;
  /** The most bytes after `fromByte`. */
  readonly maxBytes: number;
  readonly replyMs: number;
  readonly stallMs: number;
}

/**
 * The bytes of a file from `fromByte` on, in memory. Past `maxBytes` (plus the head, where it has to be read too) the
 * session is closed with REPLY_TOO_LARGE. A refusal leaves the session open, a stall or a break closes it.
 */
export async function download(
  control: ControlChannel,
  connections: DataConnections,
  request: FtpDownload,
): Promise<Uint8Array> {
  await sendBinaryType(control);
  const data = await connections.open();
  try {
    const skip = request.fromByte > 0 && !(await restartAt(control, request)) ? request.fromByte : 0;
    const bytes = await retrieve(control, data.socket, request, skip + request.maxBytes);
    return skip === 0 ? bytes : bytes.subarray(skip);
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

async function retrieve(
  control: ControlChannel,
  data: Promise<Socket>,
  request: FtpDownload,
  limitBytes: number,
): Promise<Uint8Array> {
  const { path } = request;
  const exchange = control.exchange(`RETR ${path}`);
  const first = await control.within(request.replyMs, exchange.started);
  if (isRefusal(first)) throw control.refusal('RETR', first, path);
  const socket = await data;
  const drop = () => socket.destroy();
  exchange.final.then((reply) => {
    if (isRefusal(reply)) drop();
  }, drop);

  const received = await collect(socket, request.stallMs, limitBytes, (problem) => {
    control.fail(problem === 'stall' ? stalled(path) : tooLarge(path, limitBytes));
    drop();
  });
  // The end answer may have come before the data was given up; it must not hide why.
  if (received === undefined && control.failure !== undefined) throw control.failure;
  const final = await control.within(request.replyMs, exchange.final);
  if (isRefusal(final)) throw control.refusal('RETR', final, path);
  if (received === undefined) {
    throw control.fail(new DomainError('LINK_LOST', `the data connection broke at ${path}`));
  }
  return received;
}

/** Everything up to the end of the data; undefined when it broke off. */
function collect(
  socket: Socket,
  stallMs: number,
  limitBytes: number,
  onProblem: (problem: 'stall' | 'too-large') => void,
): Promise<Uint8Array | undefined> {
  // What ended or broke before the server's 150 was read has no events left to give; for an empty file that is usual.
  if (socket.readableEnded) return Promise.resolve(new Uint8Array());
  if (socket.destroyed) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    const stall = new StallTimer(stallMs, () => onProblem('stall'));
    stall.start();
    socket.on('data', (piece: Buffer) => {
      stall.start();
      bytes += piece.length;
      if (bytes > limitBytes) onProblem('too-large');
      else pieces.push(piece);
    });
    socket.once('end', () => {
      stall.stop();
      resolve(bytes > limitBytes ? undefined : Buffer.concat(pieces));
    });
    socket.once('close', () => {
      stall.stop();
      resolve(undefined);
    });
  });
}

const stalled = (path: string): DomainError =>
  new DomainError('TIMEOUT', `no more bytes of ${path} come from the machine`);

const tooLarge = (path: string, limitBytes: number): DomainError =>
  new DomainError('REPLY_TOO_LARGE', `${path} has more than ${limitBytes} bytes`);
