import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { runCli } from '../../src/cli/run-cli.ts';
import type { Output } from '../../src/cli/io.ts';

/** Keeps what is written. */
export class TextOutput implements Output {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number;

  constructor(terminal: { readonly isTTY?: boolean; readonly columns?: number } = {}) {
    this.isTTY = terminal.isTTY ?? false;
    this.columns = terminal.columns ?? 80;
  }

  write(text: string | Uint8Array): void {
    this.text += typeof text === 'string' ? text : Buffer.from(text).toString('latin1');
  }
}

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line in this process. */
export async function cli(
  argv: readonly string[],
  options: { readonly url?: string; readonly token?: string; readonly stdin?: string } = {},
): Promise<Outcome> {
  const stdout = new TextOutput();
  const stderr = new TextOutput();
  const stdin = (async function* () {
    await Promise.resolve();
    yield options.stdin ?? '';
  })();
  const env = {
    ...(options.url === undefined ? {} : { FLEET98_URL: options.url }),
    ...(options.token === undefined ? {} : { FLEET98_TOKEN: options.token }),
  };
  const exitCode = await runCli(argv, { stdout, stderr, stdin, env });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface FakeDaemon extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly Asked[];
}

/** An HTTP server whose answers a test decides; keeps what it was asked. */
export async function fakeDaemon(
  answer: (asked: Asked, response: ServerResponse) => void,
): Promise<FakeDaemon> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const body = Buffer.concat(chunks).toString('utf8');
      const question = { method, path: url, headers, body };
      asked.push(question);
      answer(question, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
