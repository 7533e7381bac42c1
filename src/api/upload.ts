import type { IncomingMessage } from 'node:http';
import { DomainError } from '../domain/errors.ts';

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

/**
 * The body as it comes, never held as a whole. Throws BODY_TOO_LARGE past `maxBytes`, UPLOAD_CUT when it breaks off or
 * brings no byte for `stallMs`.
 */
export async function* uploadBytes(
  request: IncomingMessage,
  { maxBytes, stallMs }: { maxBytes: number; stallMs: number },
): AsyncGenerator<Uint8Array> {
  let received = 0;
  const wait = () => setTimeout(() => request.destroy(new Error(`no byte came for ${stallMs} ms`)), stallMs);
  let stalled = wait();
  try {
    // Not destroyed when this ends early: the answer goes out over the same socket.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const bytes: Uint8Array = chunk;
      received += bytes.length;
      if (received > maxBytes) throw tooLarge(maxBytes);
      // How long our own disk takes is not the sender's fault.
      clearTimeout(stalled);
      yield bytes;
      stalled = wait();
    }
  } catch (thrown) {
    if (thrown instanceof DomainError) throw thrown;
    throw new DomainError('UPLOAD_CUT', `the upload stopped after ${received} bytes`, { cause: thrown });
  } finally {
    clearTimeout(stalled);
  }
}
