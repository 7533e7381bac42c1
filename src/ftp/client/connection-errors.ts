import { DomainError } from '../../domain/errors.ts';
import type { ErrorCode } from '../../domain/errors.ts';

/** What a socket's error means while the connection is being made. Afterwards all of them mean LINK_LOST. */
const connecting: Readonly<Record<string, ErrorCode>> = {
  ECONNREFUSED: 'CONNECT_REFUSED',
  EHOSTUNREACH: 'UNREACHABLE',
  ENETUNREACH: 'UNREACHABLE',
  EHOSTDOWN: 'UNREACHABLE',
  ENETDOWN: 'UNREACHABLE',
  ETIMEDOUT: 'UNREACHABLE',
  EADDRNOTAVAIL: 'UNREACHABLE',
  ENOTFOUND: 'HOST_NOT_FOUND',
  EAI_AGAIN: 'HOST_NOT_FOUND',
  EAI_FAIL: 'HOST_NOT_FOUND',
  EAI_NONAME: 'HOST_NOT_FOUND',
};

const details: Partial<Record<ErrorCode, string>> = {
  CONNECT_REFUSED: 'the machine is there but nothing listens on the FTP port',
  UNREACHABLE: 'no connection to the machine could be made',
  HOST_NOT_FOUND: 'the machine’s name could not be resolved',
  LINK_LOST: 'the connection to the machine broke',
};

/** A socket's error as a DomainError. `connected`: the control connection had been made when it came. */
export function connectionError(error: Error, connected: boolean): DomainError {
  if (error instanceof DomainError) return error;
  const systemCode = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const code = (connected ? undefined : connecting[systemCode]) ?? 'LINK_LOST';
  const suffix = /^E[A-Z_]+$/.test(systemCode) ? ` (${systemCode})` : '';
  return new DomainError(code, `${details[code] ?? ''}${suffix}`);
}
