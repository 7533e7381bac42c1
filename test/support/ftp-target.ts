import type { LinkTarget } from '../../src/transports/transport.ts';
import type { FtpTuning } from '../../src/ftp/client/tuning.ts';

/** Short waits for tests on the loopback. */
export const quickTuning: FtpTuning = {
  tailFlushMs: 300,
  rescueMs: 400,
  epsvMs: 1000,
  quitMs: 300,
};

/** A target on 127.0.0.1 with user and password `lab` and the spool `/FLEET98`. */
export function ftpTarget(port: number, over: Partial<LinkTarget> = {}): LinkTarget {
  return {
    machineId: '0'.repeat(16),
    transport: 'push',
    host: '127.0.0.1',
    port,
    user: 'lab',
    password: 'se3cret-words',
    spool: '/FLEET98',
    writeChunkBytes: 8192,
    timeouts: { connectMs: 5000, replyMs: 5000, stallMs: 5000 },
    allowedNetworks: ['127.0.0.0/8'],
    ...over,
  };
}

/** Waits until something is true; fails after the deadline, so that a test never hangs. */
export async function eventually(what: string, condition: () => boolean, deadlineMs = 5000): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`did not happen in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
