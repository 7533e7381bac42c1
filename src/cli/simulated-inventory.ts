import { stringify } from 'csv-stringify/sync';

interface SimulatedMachine {
  readonly name: string;
  readonly profile: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly spool: string;
}

const columns = ['name', 'host', 'port', 'user', 'password', 'spool', 'labels'];

/** Simulated PCs as an inventory that `machine import` reads, with their passwords, which are no secrets. */
export function simulatedInventory(pcs: readonly SimulatedMachine[]): string {
  const rows = pcs.map(({ profile, ...pc }) => ({ ...pc, labels: `profile=${profile};simulated=yes` }));
  return stringify(rows, { header: true, columns });
}
