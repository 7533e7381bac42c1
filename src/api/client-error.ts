import type { ConnectionError } from 'fastify';
import type { Socket } from 'node:net';
import { problemMediaType } from '../contract/problem.ts';
import { DomainError } from '../domain/errors.ts';
import { presentProblem } from './problem.ts';

const reasons: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: 'the headers are too long',
  ERR_HTTP_REQUEST_TIMEOUT: 'the request did not come in time',
};

/** Answers bytes that are not HTTP, where the connection still takes an answer, and closes it. */
export function refuseMalformed(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const detail = reasons[error.code] ?? 'what was sent is not HTTP';
  const body = JSON.stringify(
    presentProblem(new DomainError('INVALID_REQUEST', detail), { id: '-', url: '/' }),
  );
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: ${problemMediaType}\r\nX-Content-Type-Options: nosniff\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
