import type { Socket } from 'node:net';
import { Inflow } from './inflow.ts';
import type { Transfer } from './transfer.ts';
import { TransferBroken } from './transfer-broken.ts';
import type { DownloadEnd } from './view.ts';

const broken = (): TransferBroken => new TransferBroken(426, 'The data connection broke.');

/**
 * Sends everything, ends our side, and gives the client a while to end its own: one that has read our end has all of it.
 * What the source throws is thrown on; what the connection does comes out as TransferBroken.
 */
export async function sendAll(
  socket: Socket,
  chunks: AsyncIterable<Uint8Array>,
  transfer: Transfer,
  closeWaitMs: number,
): Promise<DownloadEnd> {
  const stop = destroyOnAbort(socket, transfer);
  let peerEnded = socket.readableEnded;
  socket.once('end', () => {
    peerEnded = true;
  });
  // A client has nothing to say here; what it says all the same must not keep us from seeing its end.
  socket.resume();
  try {
    for await (const chunk of chunks) {
      await onSocket(transfer, (done) => socket.write(chunk, done));
      await transfer.moved(chunk.length);
    }
    await onSocket(transfer, (done) => socket.end(done));
    if (peerEnded) return 'sent';
    return await peerEnd(socket, transfer, closeWaitMs);
  } finally {
    stop();
  }
}

/** Takes everything until the client's end. What `take` throws is thrown on. */
export async function receiveAll(
  socket: Socket,
  take: (bytes: Uint8Array) => Promise<void>,
  transfer: Transfer,
): Promise<void> {
  const stop = destroyOnAbort(socket, transfer);
  const inflow = new Inflow(socket);
  try {
    for (;;) {
      const bytes = await inflow.next();
      if (bytes === 'broken' || transfer.signal.aborted) throw reason(transfer);
      if (bytes === 'ended') return;
      await transfer.moved(bytes.length);
      await transfer.ownWork(take(bytes));
    }
  } finally {
    stop();
  }
}

function destroyOnAbort(socket: Socket, transfer: Transfer): () => void {
  const stop = () => void socket.destroy();
  transfer.signal.addEventListener('abort', stop, { once: true });
  if (transfer.signal.aborted) stop();
  return () => transfer.signal.removeEventListener('abort', stop);
}

const reason = ({ signal }: Transfer): TransferBroken =>
  signal.reason instanceof TransferBroken ? signal.reason : broken();

function onSocket(transfer: Transfer, act: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    act((error) => {
      if (error === undefined || error === null) resolve();
      else reject(reason(transfer));
    });
  });
}

function peerEnd(socket: Socket, transfer: Transfer, waitMs: number): Promise<DownloadEnd> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(() => resolve('sent')), waitMs);
    const onEnd = () => settle(() => resolve('confirmed'));
    const onClose = () => settle(() => reject(reason(transfer)));
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      socket.off('end', onEnd).off('close', onClose);
      finish();
    };
    socket.once('end', onEnd).once('close', onClose);
    if (socket.destroyed) onClose();
  });
}
