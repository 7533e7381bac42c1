import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { DomainError } from '../../domain/errors.ts';

export type Resolve = (host: string) => Promise<readonly string[]>;

/**
 * The address to connect to. The name is resolved once and the result is what is checked and used, so that a name server
 * cannot answer the check with one address and the connection with another. HOST_NOT_FOUND, ADDRESS_NOT_ALLOWED.
 */
export async function resolveAllowed(
  host: string,
  allowedNetworks: readonly string[],
  resolve: Resolve = resolveByName,
): Promise<string> {
  const allowed = allowedList(allowedNetworks);
  const addresses = (isIP(host) === 0 ? await resolve(host) : [host]).map(plainAddress);
  const found = addresses.find((address) => isAllowed(address, allowed));
  if (found !== undefined) return found;
  const first = addresses[0];
  if (first === undefined) throw new DomainError('HOST_NOT_FOUND', `the name ${shown(host)} has no address`);
  throw new DomainError('ADDRESS_NOT_ALLOWED', `the address ${first} is in no allowed network`);
}

async function resolveByName(host: string): Promise<readonly string[]> {
  try {
    // Old machines speak IPv4; an IPv6 address is only used where there is no other.
    const found = await lookup(host, { all: true, verbatim: true });
    return found.toSorted((a, b) => a.family - b.family).map((entry) => entry.address);
  } catch (cause) {
    throw new DomainError('HOST_NOT_FOUND', `the name ${shown(host)} could not be resolved`, { cause });
  }
}

/** `::ffff:192.168.0.9` is 192.168.0.9 to the person who wrote the list. */
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');

function isAllowed(address: string, allowed: BlockList): boolean {
  const bare = address.replace(/%.*$/, '');
  const version = isIP(bare);
  return version !== 0 && allowed.check(bare, version === 4 ? 'ipv4' : 'ipv6');
}

function allowedList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits, ...rest] = network.split('/');
    const version = isIP(address);
    const widest = version === 4 ? 32 : 128;
    const prefix = bits === undefined ? widest : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
    if (version === 0 || rest.length > 0 || prefix < 0 || prefix > widest) {
      throw new DomainError('CONFIG_INVALID', `allowed_networks: ${shown(network)} is not a network`);
    }
    list.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 100));
