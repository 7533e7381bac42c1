import { DomainError } from '../domain/errors.ts';
import { decodeMachineId, decodeOwner, encodeMachineId, encodeOwner } from '../spool/identity-file.ts';
import { machineIdPath, ownerPath } from '../spool/paths.ts';
import type { Link } from '../transports/transport.ts';

const MAX_IDENTITY_BYTES = 16_384;

/** What MACHINE.ID and OWNER.TXT on a machine say; undefined where a file is missing or not whole. */
export interface Identity {
  readonly machineId?: string;
  readonly daemonId?: string;
}

async function readIfThere(link: Link, path: string): Promise<Uint8Array | undefined> {
  try {
    return await link.read(path, { maxBytes: MAX_IDENTITY_BYTES });
  } catch (error) {
    if (error instanceof DomainError && error.code === 'FILE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Looked for twice where it seems to be missing: a machine that is just going down says so of every file. */
export async function readIdentity(link: Link): Promise<Identity> {
  const found = await readOnce(link);
  return found.machineId === undefined ? readOnce(link) : found;
}

/** As `readIdentity`, for a session that has read all of it: who adopts a machine writes MACHINE.ID last. */
export async function readIdentityAgain(link: Link): Promise<Identity> {
  const found = await readMachineId(link);
  return found.daemonId === undefined ? readIdentity(link) : found;
}

async function readOnce(link: Link): Promise<Identity> {
  const id = await readMachineId(link);
  const file = await readIfThere(link, ownerPath);
  const owner = file && decodeOwner(file);
  return { ...id, ...(owner?.state === 'ok' && { daemonId: owner.daemon }) };
}

async function readMachineId(link: Link): Promise<Identity> {
  const file = await readIfThere(link, machineIdPath);
  const id = file && decodeMachineId(file);
  return id?.state === 'ok' ? { machineId: id.machine, daemonId: id.daemon } : {};
}

export async function writeIdentity(link: Link, machineId: string, daemonId: string): Promise<void> {
  await link.write(ownerPath, encodeOwner({ daemon: daemonId }));
  await link.write(machineIdPath, identityFile(machineId, daemonId));
}

/** Whether a MACHINE.ID is the one that a machine of this daemon was given. */
export function isIdentityOf(bytes: Uint8Array, expected: { machineId: string; daemonId: string }): boolean {
  const id = decodeMachineId(bytes);
  return id.state === 'ok' && id.machine === expected.machineId && id.daemon === expected.daemonId;
}

/** The MACHINE.ID that a machine is given. */
export const identityFile = (machineId: string, daemonId: string): Uint8Array =>
  encodeMachineId({ machine: machineId, daemon: daemonId });

/** Whether an error says that what answers is not, or not any more, the machine that is meant. */
export const isIdentityError = ({ code }: DomainError): boolean =>
  code === 'WRONG_MACHINE' || code === 'ID_MISSING' || code === 'MACHINE_OWNED';

/** Throws when the machine at the other end is not the one that is meant, or is another daemon's. */
export function checkIdentity(
  found: Identity,
  expected: { machineId: string; daemonId: string; name: string },
): void {
  if (found.daemonId !== undefined && found.daemonId !== expected.daemonId) {
    throw new DomainError(
      'MACHINE_OWNED',
      `${expected.name} is used by another daemon (id ${found.daemonId})`,
    );
  }
  if (found.machineId === undefined) {
    throw new DomainError('ID_MISSING', `${expected.name} has no MACHINE.ID in its spool any more`);
  }
  if (found.machineId !== expected.machineId) {
    throw new DomainError(
      'WRONG_MACHINE',
      `the machine that answers has id ${found.machineId}, but ${expected.name} has ${expected.machineId}`,
    );
  }
}
