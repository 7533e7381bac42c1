import { isToken } from './identifiers.ts';
import { damaged, decodeKeyValues, encodeKeyValues } from './key-value.ts';
import type { Decoded } from './key-value.ts';

/** What MACHINE.ID says: which registered machine this is, and by which daemon. */
export interface MachineIdFile {
  readonly machine: string;
  readonly daemon: string;
}

/** What OWNER.TXT says: which daemon uses the machine. */
export interface OwnerFile {
  readonly daemon: string;
}

const isMachineId = (text: string): boolean => /^[\x21-\x7e]{1,64}$/.test(text);

export const encodeMachineId = (file: MachineIdFile): Uint8Array =>
  encodeKeyValues([
    ['v', '1'],
    ['machine', file.machine],
    ['daemon', file.daemon],
  ]);

export const encodeOwner = (file: OwnerFile): Uint8Array =>
  encodeKeyValues([
    ['v', '1'],
    ['daemon', file.daemon],
  ]);

export function decodeOwner(bytes: Uint8Array): Decoded<OwnerFile> {
  const decoded = decodeKeyValues(bytes);
  if (decoded.state !== 'ok') return decoded;
  const daemon = decoded.entries.get('daemon') ?? '';
  if (decoded.entries.get('v') !== '1' || !isToken(daemon))
    return damaged("'v' or 'daemon' is missing or wrong");
  return { state: 'ok', daemon };
}

export function decodeMachineId(bytes: Uint8Array): Decoded<MachineIdFile> {
  const decoded = decodeKeyValues(bytes);
  if (decoded.state !== 'ok') return decoded;
  const owner = decodeOwner(bytes);
  if (owner.state !== 'ok') return owner;
  const machine = decoded.entries.get('machine') ?? '';
  if (!isMachineId(machine)) return damaged("'machine' is missing or wrong");
  return { state: 'ok', machine, daemon: owner.daemon };
}
