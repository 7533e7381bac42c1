import type { Socket } from 'node:net';

const maxLineBytes = 512;

/**
 * Hands whole lines of a control connection to `handle`, one after another. A line may come in any pieces and end in
 * CR LF or LF; a longer one than a command can be ends the connection.
 */
export function readLines(socket: Socket, handle: (line: string) => Promise<void>): void {
  let rest = '';
  let queue = Promise.resolve();
  socket.on('data', (bytes: Buffer) => {
    const lines = (rest + bytes.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > maxLineBytes || lines.some((line) => line.length > maxLineBytes)) {
      socket.destroy();
      return;
    }
    for (const line of lines) {
      const text = line.replace(/\r$/, '');
      if (text !== '') queue = queue.then(() => (socket.destroyed ? undefined : handle(text)));
    }
  });
}
