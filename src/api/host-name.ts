import { BlockList, isIPv4 } from 'node:net';

const hostShape = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(:[0-9]{1,5})?$/i;

export interface HostName {
  /** Lower case, without a last dot, IPv6 without brackets. */
  readonly name: string;
  /** Empty when none was given. */
  readonly port: string;
}

/** A Host header taken apart; undefined when it is not one. */
export function parseHost(header: string | undefined): HostName | undefined {
  if (header === undefined || !hostShape.test(header)) return undefined;
  try {
    // A scheme without a default port, so that no port is dropped.
    const { hostname, port } = new URL(`fleet98://${header.toLowerCase()}`);
    return { name: hostname.replace(/^\[|\]$/g, '').replace(/\.$/, ''), port };
  } catch {
    return undefined;
  }
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether a name always means this computer itself. */
export function isLoopback(name: string): boolean {
  if (name === 'localhost') return true;
  if (isIPv4(name)) return loopback.check(name, 'ipv4');
  return name.includes(':') && loopback.check(name, 'ipv6');
}

const defaultPorts: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** Whether an Origin header names the host that the Host header names. */
export function isSameHost(origin: string, host: HostName): boolean {
  if (!/^https?:\/\//.test(origin)) return false;
  const [protocol = ''] = origin.split('//');
  const from = parseHost(origin.slice(protocol.length + 2));
  const defaultPort = defaultPorts[protocol] ?? '';
  return from?.name === host.name && (from.port || defaultPort) === (host.port || defaultPort);
}
