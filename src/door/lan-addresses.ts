import { networkInterfaces } from 'node:os';

/** The addresses that machines on this host's networks reach it by: IPv4, as old machines have nothing else. */
export function lanAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  return all.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address);
}
