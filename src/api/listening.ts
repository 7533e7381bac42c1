import { DomainError } from '../domain/errors.ts';
import type { ApiServer } from './app.ts';

export interface Listening {
  /** Where the server can be reached from this computer. */
  readonly url: string;
  readonly port: number;
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something listens there already',
  EACCES: 'this user may not use that port',
  EADDRNOTAVAIL: 'this computer does not have that address',
  ENOTFOUND: 'that name has no address',
};

/** Makes a server listen; port 0: the system chooses. Throws CANNOT_LISTEN. */
export async function listen(
  app: ApiServer,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw cannotListen(error, { host, port });
  }
  return addressOf(app);
}

/** CANNOT_LISTEN, with what the system says. */
export function cannotListen(
  error: unknown,
  { host, port }: { readonly host: string; readonly port: number },
): DomainError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const why = reasons[code] ?? `the system says ${code === '' ? 'no' : code}`;
  return new DomainError('CANNOT_LISTEN', `port ${port} of ${host} cannot be used: ${why}`, { cause: error });
}

function addressOf(app: ApiServer): Listening {
  const listener = app.server.address();
  if (listener === null || typeof listener === 'string') throw new Error('the daemon listens nowhere');
  const { address, family, port } = listener;
  const host = address === '0.0.0.0' || address === '::' ? 'localhost' : address;
  return { port, url: `http://${family === 'IPv6' && host !== 'localhost' ? `[${host}]` : host}:${port}` };
}
