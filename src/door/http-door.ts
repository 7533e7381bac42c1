import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { isIPv4 } from 'node:net';
import { folderPage, indexPage, refusalPage } from './pages.ts';
import { setupFolders, setupPath } from './setup-files.ts';
import type { FilesAt } from './setup-files.ts';

const MAX_CONNECTIONS = 50;
const REQUEST_MS = 30_000;
/** A modem's browser may take so long for the largest file. */
const ANSWER_MS = 600_000;
const MAX_HEADER_BYTES = 8192;

interface Answer {
  readonly status: number;
  readonly type: 'text/html' | 'text/plain' | 'application/octet-stream';
  readonly body: string | Uint8Array;
}

const html = (status: number, body: string): Answer => ({ status, type: 'text/html', body });

/**
 * This host as the machine reaches it: by its own word, because a router or a container may stand between, where that is
 * an IPv4 address; nothing else can be typed on old machines.
 */
function addressOf({ headers, socket }: IncomingMessage): string {
  const [host = ''] = (headers.host ?? '').split(':');
  return isIPv4(host) ? host : (socket.localAddress ?? '').replace(/^::ffff:/i, '');
}

/** The setup files for browsers of any age: each answer has its length and closes the connection. */
export class HttpDoor {
  readonly #server: Server;
  #filesAt: FilesAt = () => [];
  #ftpPort = 0;

  constructor() {
    this.#server = createServer(
      { requestTimeout: REQUEST_MS, maxHeaderSize: MAX_HEADER_BYTES },
      (request, response) => {
        this.#serve(request, response);
      },
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.timeout = ANSWER_MS;
  }

  /** Resolves with the port. Rejects when it is taken. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject).on('error', () => {});
        const address = this.#server.address();
        resolve(address !== null && typeof address === 'object' ? address.port : port);
      });
    });
  }

  /** What is handed out from now on, and the port of the same by FTP. */
  offer(filesAt: FilesAt, ftpPort: number): void {
    this.#filesAt = filesAt;
    this.#ftpPort = ftpPort;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    // Whatever is sent along is of no interest, and a client that goes away is none of ours.
    request.on('error', () => {}).resume();
    response.on('error', () => {});
    const isHead = request.method === 'HEAD';
    const { status, type, body } =
      isHead || request.method === 'GET'
        ? this.#answer(request)
        : html(405, refusalPage('Only GET and HEAD are answered'));
    const bytes = typeof body === 'string' ? Buffer.from(body, 'ascii') : body;
    response.writeHead(status, {
      'Content-Type': type,
      'Content-Length': bytes.length,
      'X-Content-Type-Options': 'nosniff',
      Connection: 'close',
      ...(status === 405 && { Allow: 'GET, HEAD' }),
    });
    response.end(isHead ? undefined : bytes);
  }

  #answer(request: IncomingMessage): Answer {
    const path = (request.url ?? '').replace(/[?#].*$/s, '').toUpperCase();
    const address = addressOf(request);
    const files = this.#filesAt(address);
    if (path === '/') return html(200, indexPage(files));
    const folder = setupFolders(files).find((name) => path === `/${name}` || path === `/${name}/`);
    if (folder !== undefined) return html(200, folderPage(folder, files, address, this.#ftpPort));
    const file = files.find((one) => path === `/${setupPath(one)}`);
    if (file === undefined) return html(404, refusalPage('There is no such page here'));
    const type = file.name.endsWith('.TXT') ? 'text/plain' : 'application/octet-stream';
    return { status: 200, type, body: file.bytes };
  }
}
