import type { ConnectionError } from 'fastify';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { problemMediaType } from '../contract/problem.ts';
import { DomainError } from '../domain/errors.ts';
import { presentProblem } from './problem.ts';

const troubles: Readonly<Record<string, DomainError>> = {
  HPE_HEADER_OVERFLOW: new DomainError('HEADERS_TOO_LARGE', 'the headers have more than 16384 bytes'),
  HPE_INVALID_METHOD: new DomainError('INVALID_REQUEST', 'the first word is not a method of HTTP'),
  ERR_HTTP_REQUEST_TIMEOUT: new DomainError('INVALID_REQUEST', 'the request did not come in time'),
};
const notHttp = new DomainError('INVALID_REQUEST', 'what was sent is not HTTP');

/** Answers bytes that are not HTTP, where the connection still takes an answer, and closes it. */
export function refuseMalformed(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = presentProblem(troubles[error.code] ?? notHttp, { id: '-', url: '/' });
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\n` +
      `Content-Type: ${problemMediaType}\r\nX-Content-Type-Options: nosniff\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
