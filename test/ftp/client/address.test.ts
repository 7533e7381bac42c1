import { describe, expect, it } from 'vitest';
import { resolveAllowed } from '../../../src/ftp/client/address.ts';

const names = (table: Readonly<Record<string, readonly string[]>>) => {
  const asked: string[] = [];
  const resolve = (host: string) => {
    asked.push(host);
    return Promise.resolve(table[host] ?? []);
  };
  return { asked, resolve };
};

describe('the address to connect to', () => {
  it.each([
    ['an address in a network', '192.168.1.9', ['192.168.0.0/16'], '192.168.1.9'],
    ['a single address', '10.0.0.5', ['10.0.0.5'], '10.0.0.5'],
    ['an IPv4 address in IPv6 form', '::ffff:10.0.0.5', ['10.0.0.0/8'], '10.0.0.5'],
    ['IPv6', 'fd00::7', ['fd00::/8'], 'fd00::7'],
    ['IPv6 with a zone', 'fe80::7%eth0', ['fe80::/10'], 'fe80::7%eth0'],
  ])('%s', async (_name, host, allowed, address) => {
    expect(await resolveAllowed(host, allowed)).toBe(address);
  });

  it.each([
    ['outside', '8.8.8.8', ['10.0.0.0/8']],
    ['an empty list', '127.0.0.1', []],
    ['the wrong family', '::1', ['127.0.0.0/8']],
    ['an IPv4 address hidden in IPv6', '::ffff:8.8.8.8', ['10.0.0.0/8', 'fd00::/8']],
  ])('is refused: %s', async (_name, host, allowed) => {
    await expect(resolveAllowed(host, allowed)).rejects.toMatchObject({ code: 'ADDRESS_NOT_ALLOWED' });
  });

  it('checks what the name resolves to, once, and answers with that', async () => {
    const { asked, resolve } = names({ oldbox: ['8.8.8.8', '192.168.1.4'] });
    expect(await resolveAllowed('oldbox', ['192.168.0.0/16'], resolve)).toBe('192.168.1.4');
    expect(asked).toEqual(['oldbox']);
    await expect(resolveAllowed('oldbox', ['10.0.0.0/8'], resolve)).rejects.toMatchObject({
      code: 'ADDRESS_NOT_ALLOWED',
    });
  });

  it('a name without an address is HOST_NOT_FOUND', async () => {
    const { resolve } = names({});
    await expect(resolveAllowed('ghost', ['10.0.0.0/8'], resolve)).rejects.toMatchObject({
      code: 'HOST_NOT_FOUND',
    });
    // .invalid never resolves, with or without a name server.
    await expect(resolveAllowed('no-such-machine.invalid', ['10.0.0.0/8'])).rejects.toMatchObject({
      code: 'HOST_NOT_FOUND',
    });
  });

  it.each(['10.0.0.0/33', '10.0.0/8', 'lan', '10.0.0.0/8/8', '10.0.0.0/', 'fd00::/129'])(
    'the network %s is a fault of the settings',
    async (network) => {
      await expect(resolveAllowed('10.0.0.1', [network])).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    },
  );
});
