import type { IncomingMessage } from 'node:http';
import { DomainError } from '../domain/errors.ts';

/** An upload that brings no byte for so long is given up. */
const stallMs = 60_000;

/** Content-Length as a number; undefined when the body comes in chunks. BODY_TOO_LARGE past `maxBytes`. */
export function expectedBytes(request: IncomingMessage, maxBytes: number): number | undefined {
  const header = request.headers['content-length'];
  if (header === undefined) return undefined;
  const bytes = Number(header);
  if (bytes > maxBytes) throw tooLarge(maxBytes);
  return bytes;
}

const tooLarge = (maxBytes: number): DomainError =>
  new DomainError('BODY_TOO_LARGE', `a file may have at most ${maxBytes} bytes`);

/** The body as it comes, never held as a whole. Throws BODY_TOO_LARGE past `maxBytes`, UPLOAD_CUT when it breaks off. */
export async function* uploadBytes(request: IncomingMessage, maxBytes: number): AsyncGenerator<Uint8Array> {
  let received = 0;
  const stalled = setTimeout(() => request.destroy(new Error(`no byte came for ${stallMs} ms`)), stallMs);
  try {
    // Not destroyed when this ends early: the answer goes out over the same socket.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const bytes: Uint8Array = chunk;
      stalled.refresh();
      received += bytes.length;
      if (received > maxBytes) throw tooLarge(maxBytes);
      yield bytes;
    }
  } catch (thrown) {
    if (thrown instanceof DomainError) throw thrown;
    throw new DomainError('UPLOAD_CUT', `the upload stopped after ${received} bytes`, { cause: thrown });
  } finally {
    clearTimeout(stalled);
  }
}
