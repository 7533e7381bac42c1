import { connect } from 'node:net';
import { resolveAllowed } from './address.ts';

/** A greeting is shown, not obeyed: more of it helps nobody. */
const MAX_BYTES = 512;
const MAX_SHOWN = 200;

/**
 * The first line that something at this address says of itself, when it looks like an FTP server's; undefined when nothing
 * answers in time, or something else. Nothing is sent but QUIT. ADDRESS_NOT_ALLOWED.
 */
export async function readGreeting(options: {
  readonly host: string;
  readonly port: number;
  readonly allowedNetworks: readonly string[];
  readonly timeoutMs: number;
}): Promise<string | undefined> {
  const host = await resolveAllowed(options.host, options.allowedNetworks);
  return new Promise((resolve) => {
    const socket = connect({ host, port: options.port });
    let said = '';
    const end = (): void => {
      clearTimeout(timer);
      const [line = ''] = said.split(/\r?\n/);
      resolve(/^220[ -]/.test(line) ? line.slice(4, MAX_SHOWN).trim() : undefined);
      socket.end('QUIT\r\n');
      socket.destroySoon();
    };
    const timer = setTimeout(end, options.timeoutMs);
    socket.on('data', (bytes: Buffer) => {
      said += bytes.toString('latin1');
      if (said.includes('\n') || said.length > MAX_BYTES) end();
    });
    socket.once('error', end).once('end', end);
  });
}
