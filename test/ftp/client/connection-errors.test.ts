import { describe, expect, it } from 'vitest';
import { DomainError } from '../../../src/domain/errors.ts';
import { connectionError } from '../../../src/ftp/client/connection-errors.ts';

const system = (code: string) => Object.assign(new Error(`connect ${code} /secret`), { code });

describe('what a socket error means', () => {
  it.each([
    ['ECONNREFUSED', false, 'CONNECT_REFUSED'],
    ['EHOSTUNREACH', false, 'UNREACHABLE'],
    ['ENETUNREACH', false, 'UNREACHABLE'],
    ['ETIMEDOUT', false, 'UNREACHABLE'],
    ['ENOTFOUND', false, 'HOST_NOT_FOUND'],
    ['EAI_AGAIN', false, 'HOST_NOT_FOUND'],
    ['ECONNRESET', false, 'LINK_LOST'],
    ['ECONNRESET', true, 'LINK_LOST'],
    ['ETIMEDOUT', true, 'LINK_LOST'],
    ['ECONNREFUSED', true, 'LINK_LOST'],
    ['EPIPE', true, 'LINK_LOST'],
    ['', true, 'LINK_LOST'],
  ])('%s with connected=%s is %s', (systemCode, connected, code) => {
    const error = connectionError(system(systemCode), connected);
    expect(error.code).toBe(code);
    expect(error.message).not.toContain('secret');
    if (systemCode !== '') expect(error.message).toContain(systemCode);
  });

  it('leaves what is understood already', () => {
    const error = new DomainError('TIMEOUT', 'x');
    expect(connectionError(error, true)).toBe(error);
  });
});
