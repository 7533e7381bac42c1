import { SocketAddress, isIP } from 'node:net';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** One spelling for one address: IPv4 without its IPv6 clothes, IPv6 in its shortest form. */
export function plainAddress(address: string): string {
  const bare = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
  return isIP(bare) === 6 ? new SocketAddress({ address: bare, family: 'ipv6' }).address : bare;
}

/** `h1,h2,h3,h4,p1,p2` of PORT. */
export function parsePort(argument: string): Endpoint | undefined {
  if (!/^\s*\d{1,3}(\s*,\s*\d{1,3}){5}\s*$/.test(argument)) return undefined;
  const numbers = argument.split(',').map(Number);
  const [high = 0, low = 0] = numbers.slice(4);
  if (numbers.some((number) => number > 255)) return undefined;
  return { address: numbers.slice(0, 4).join('.'), port: high * 256 + low };
}

/** `|1|132.235.1.2|6275|` of EPRT, with any sign as the bar; `other-family` for one that is neither 1 nor 2. */
export function parseEprt(argument: string): Endpoint | 'other-family' | undefined {
  const bar = argument[0];
  if (bar === undefined || !/[!-~]/.test(bar) || /[\d.:A-Fa-f]/.test(bar)) return undefined;
  const [before, family = '', address = '', port = '', after, ...rest] = argument.trimEnd().split(bar);
  if (before !== '' || after !== '' || rest.length > 0 || !/^\d{1,5}$/.test(port)) return undefined;
  if (!/^\d{1,3}$/.test(family)) return undefined;
  if (family !== '1' && family !== '2') return 'other-family';
  if (isIP(address) !== (family === '1' ? 4 : 6) || Number(port) > 65_535) return undefined;
  return { address: plainAddress(address), port: Number(port) };
}

/** For 227: six numbers, the only digits of the reply's text. Undefined for an address of IPv6. */
export function pasvNumbers({ address, port }: Endpoint): string | undefined {
  return isIP(address) === 4 ? [...address.split('.'), port >> 8, port & 255].join(',') : undefined;
}
