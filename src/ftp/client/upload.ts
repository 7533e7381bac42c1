import type { Socket } from 'node:net';
import { DomainError, asDomainError } from '../../domain/errors.ts';
import type { Pieces } from '../../lib/pieces.ts';
import type { ControlChannel } from './control-channel.ts';
import type { DataConnections } from './data-connections.ts';
import { saysDiskFull } from './reply-errors.ts';
import { isRefusal } from './reply.ts';
import { sendBinaryType } from './binary-type.ts';
import { StallTimer } from './stall-timer.ts';

/** A floor for what an old machine takes from its network card, for the time it may need after our last byte. */
const slowestBytesPerSecond = 20_000;

export interface FtpUpload {
  readonly path: string;
  /** Called once, when the server is ready for the bytes. */
  readonly open: () => Pieces;
  /** Bytes that `open` gives. */
  readonly sizeBytes: number;
  /** Offset on the machine; more than 0 needs `restart`. */
  readonly fromByte: number;
  readonly restart?: 'appe' | 'rest';
  /** The most bytes in one write. */
  readonly chunkBytes: number;
  readonly replyMs: number;
  readonly stallMs: number;
  /** Told the bytes handed to the network so far, without the offset. */
  readonly onProgress?: (sentBytes: number) => void;
}

/**
 * Sends a file. A refusal (also in the middle: disk full, 426) leaves the session open; a stall, a broken connection or
 * a source that fails closes it. What the server says at the end is believed only as far as "it answered": sizes are
 * the caller's to check.
 */
export async function upload(
  control: ControlChannel,
  connections: DataConnections,
  request: FtpUpload,
): Promise<void> {
  await sendBinaryType(control);
  const data = await connections.open();
  try {
    await run(control, data.socket, request);
  } catch (thrown) {
    throw diskFullBefore(control, asDomainError(thrown)) ?? thrown;
  } finally {
    data.close();
  }
}

async function run(control: ControlChannel, data: Promise<Socket>, request: FtpUpload): Promise<void> {
  const { path, fromByte } = request;
  if (fromByte > 0 && request.restart === 'rest') {
    const restart = await control.command(`REST ${fromByte}`);
    if (restart.code !== 350) throw control.refusal('REST', restart);
  }
  const verb = fromByte > 0 && request.restart === 'appe' ? 'APPE' : 'STOR';
  const exchange = control.exchange(`${verb} ${path}`);
  const first = await control.within(request.replyMs, exchange.started);
  if (isRefusal(first)) throw control.refusal(verb, first, path);
  const socket = await data;
  const giveUp = () => socket.destroy();
  exchange.final.then((reply) => {
    if (isRefusal(reply)) giveUp();
  }, giveUp);

  const sent = await pump(request.open(), socket, request, () => control.fail(stalled(path)));
  if (sent.sourceFailed !== undefined && !socket.destroyed) {
    throw control.fail(asDomainError(sent.sourceFailed));
  }
  if (!sent.whole && control.failure !== undefined) throw control.failure;
  const waitMs = sent.whole ? request.replyMs + (sent.bytes / slowestBytesPerSecond) * 1000 : request.replyMs;
  const final = await control.within(waitMs, exchange.final);
  if (isRefusal(final)) throw control.refusal(verb, final, path);
  if (!sent.whole) throw control.fail(new DomainError('LINK_LOST', `the data connection broke at ${path}`));
  if (sent.bytes !== request.sizeBytes) {
    throw new DomainError('BUG', `the source of ${path} gave ${sent.bytes} bytes, not ${request.sizeBytes}`);
  }
}

interface Pumped {
  readonly bytes: number;
  /** Everything that the source had was handed to the network, and the end of the data too. */
  readonly whole: boolean;
  readonly sourceFailed?: unknown;
}

/**
 * Moves a source into a socket. Two writes are under way, so that the network does not wait for the source, and no more,
 * so that nothing piles up in memory. Never throws.
 */
async function pump(
  source: Pieces,
  socket: Socket,
  options: Pick<FtpUpload, 'chunkBytes' | 'stallMs' | 'onProgress'>,
  onStall: () => void,
): Promise<Pumped> {
  const stall = new StallTimer(options.stallMs, onStall);
  let bytes = 0;
  let underWay = 0;
  const send = async (part: Uint8Array): Promise<boolean> => {
    underWay += 1;
    stall.start();
    const isSent = await write(socket, part);
    underWay -= 1;
    if (underWay === 0) stall.pause();
    else stall.start();
    if (!isSent) return false;
    bytes += part.length;
    options.onProgress?.(bytes);
    return true;
  };
  let before: Promise<boolean> = Promise.resolve(true);
  try {
    for await (const piece of source) {
      for (let at = 0; at < piece.length; at += options.chunkBytes) {
        const now = send(piece.subarray(at, at + options.chunkBytes));
        if (!(await before)) return { bytes, whole: false };
        before = now;
      }
    }
    if (!(await before)) return { bytes, whole: false };
    stall.start();
    return { bytes, whole: await end(socket) };
  } catch (sourceFailed) {
    return { bytes, whole: false, sourceFailed };
  } finally {
    stall.stop();
  }
}

const write = (socket: Socket, bytes: Uint8Array): Promise<boolean> =>
  new Promise((resolve) => {
    socket.write(bytes, (error) => resolve(error === undefined || error === null));
  });

const end = (socket: Socket): Promise<boolean> =>
  new Promise((resolve) => {
    if (socket.destroyed) return resolve(false);
    socket.once('close', () => resolve(false));
    socket.end(() => resolve(!socket.destroyed));
  });

const stalled = (path: string): DomainError =>
  new DomainError('TIMEOUT', `the machine takes no more bytes of ${path}`);

/** A server with a full disk often drops the connections first; its reason may stand in the last lines all the same. */
function diskFullBefore(control: ControlChannel, error: DomainError): DomainError | undefined {
  if (error.code !== 'LINK_LOST' && error.code !== 'TIMEOUT') return undefined;
  const code = control.transcript.codesSince(['STOR', 'APPE']).find(saysDiskFull);
  if (code === undefined) return undefined;
  return new DomainError('DISK_FULL', `the server said ${code} before the connection broke`, {
    cause: error,
  });
}
