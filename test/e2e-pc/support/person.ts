import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Client } from 'basic-ftp';
import type { FTPContext, FTPResponse } from 'basic-ftp';
import { connectForPassiveTransfer, parsePasvResponse } from 'basic-ftp/dist/transfer.js';

/** Servers say the address that they have behind the emulator. */
async function passive(context: FTPContext): Promise<FTPResponse> {
  const reply = await context.request('PASV');
  await connectForPassiveTransfer('127.0.0.1', parsePasvResponse(reply.message).port, context);
  return reply;
}

/** What somebody does on the PC by an FTP program of their own, beside the daemon. */
export class Person {
  readonly #port: () => number;
  readonly #password: string;

  constructor(port: () => number, password: string) {
    this.#port = port;
    this.#password = password;
  }

  makeFolder(path: string): Promise<void> {
    return this.#connected(async (client) => {
      await client.send(`MKD ${path}`);
    });
  }

  put(path: string, bytes: string | Uint8Array): Promise<void> {
    return this.#connected(async (client) => {
      await client.uploadFrom(Readable.from([Buffer.from(bytes)]), path);
    });
  }

  get(path: string): Promise<Buffer> {
    return this.#connected(async (client) => {
      const stream = new PassThrough();
      const [bytes] = await Promise.all([buffer(stream), client.downloadTo(stream, path)]);
      return bytes;
    });
  }

  /** The names in folders, each as `FOLDER/NAME`, in capitals. */
  list(folder: string, parts: readonly string[]): Promise<string[]> {
    return this.#connected(async (client) => {
      const names: string[] = [];
      for (const part of parts) {
        const found = await client.list(`${folder}/${part}`);
        names.push(...found.map(({ name }) => `${part}/${name}`.toUpperCase()));
      }
      return names;
    });
  }

  async #connected<T>(act: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client();
    try {
      client.prepareTransfer = passive;
      await client.access({
        host: '127.0.0.1',
        port: this.#port(),
        user: 'fleet',
        password: this.#password,
      });
      return await act(client);
    } finally {
      client.close();
    }
  }
}
