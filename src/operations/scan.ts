import { networkInterfaces } from 'node:os';
import { DomainError } from '../domain/errors.ts';
import type { FoundServer, ScanRequest } from './operations.ts';
import type { Parts } from './parts.ts';

/** A network of more addresses is not looked through: nobody waits for it, and it is not one shed. */
const MAX_ADDRESSES = 1024;
/** So gently that no switch and no old stack takes it for an attack. */
const AT_ONCE = 8;
const PAUSE_MS = 40;
const ANSWER_MS = 2_000;

/** Says who greets as an FTP server does in this host's own networks, or in the one that is named. */
export async function scan(
  parts: Pick<Parts, 'store' | 'clock' | 'transport'>,
  { network, port }: ScanRequest,
): Promise<FoundServer[]> {
  const { store, clock, transport } = parts;
  if (!transport.greet) throw new DomainError('BUG', 'nothing here can greet');
  const networks = network === undefined ? ownNetworks() : [network];
  const addresses = [...new Set(networks.flatMap(addressesOf))];
  if (addresses.length > MAX_ADDRESSES) throw tooLarge(networks);
  const known = new Map((await store.machines.all()).map((machine) => [machine.host, machine.name]));
  const found: FoundServer[] = [];
  const left = addresses.values();
  const look = async (): Promise<void> => {
    for (const address of left) {
      await clock.sleep(PAUSE_MS);
      const greeting = await transport.greet?.(address, port, ANSWER_MS);
      const name = known.get(address);
      if (greeting !== undefined)
        found.push({ address, port, greeting, ...(name !== undefined && { name }) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, look));
  return found.toSorted((a, b) => toNumber(a.address) - toNumber(b.address));
}

const toNumber = (address: string): number =>
  address.split('.').reduce((number, part) => number * 256 + Number(part), 0);

const toAddress = (number: number): string =>
  [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join('.');

/** Of this host: what old machines could be in. */
function ownNetworks(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  return all.flatMap(({ family, internal, cidr }) => (family === 'IPv4' && !internal && cidr ? [cidr] : []));
}

/** Those that a machine can have: not the network's own, not the broadcast one. */
function addressesOf(network: string): string[] {
  const [address = '', bits = ''] = network.split('/');
  const count = 2 ** (32 - Number(bits));
  if (count > MAX_ADDRESSES) throw tooLarge([network]);
  const first = Math.floor(toNumber(address) / count) * count;
  const all = Array.from({ length: count }, (_, index) => toAddress(first + index));
  return count > 2 ? all.slice(1, -1) : all;
}

const tooLarge = (networks: readonly string[]): DomainError =>
  new DomainError(
    'INVALID_REQUEST',
    `${networks.join(', ')} has more than ${MAX_ADDRESSES} addresses; name a smaller network, such as 192.168.98.0/24`,
  );
