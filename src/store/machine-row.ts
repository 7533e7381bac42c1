import type { Selectable, Updateable } from 'kysely';
import type { Machine } from '../domain/machine.ts';
import { isAgentFacts, isLabels, isLastError, isMachineServer } from './json-shapes.ts';
import { flag, fromJson, fromJsonOrNull, present, toJson, type Patch } from './row-values.ts';
import type { MachineTable } from './schema.ts';

/** What can be changed. Setting a password forgets the environment variable's name, and the other way round. */
export type MachinePatch = Patch<Omit<Machine, 'id' | 'hasPassword' | 'createdAtMs' | 'updatedAtMs'>> & {
  readonly password?: string | null | undefined;
};

export function toMachine({ secret, ...row }: Selectable<MachineTable>): Machine {
  return present({
    ...row,
    hasPassword: secret !== null || row.passwordEnv !== null,
    held: row.held === 1,
    simulated: row.simulated === 1,
    labels: fromJson(row.labels, isLabels, 'machine.labels'),
    server: fromJsonOrNull(row.server, isMachineServer, 'machine.server'),
    agent: fromJsonOrNull(row.agent, isAgentFacts, 'machine.agent'),
    lastError: fromJsonOrNull(row.lastError, isLastError, 'machine.last_error'),
  });
}

/** Everything but the password and its variable. */
export function toMachineColumns(patch: MachinePatch): Updateable<MachineTable> {
  return {
    name: patch.name,
    state: patch.state,
    health: patch.health,
    held: patch.held === undefined ? undefined : flag(patch.held),
    transport: patch.transport,
    host: patch.host,
    port: patch.port,
    user: patch.user,
    spool: patch.spool,
    platform: patch.platform,
    labels: patch.labels === undefined ? undefined : JSON.stringify(patch.labels),
    writeChunkBytes: patch.writeChunkBytes,
    server: toJson(patch.server),
    agent: toJson(patch.agent),
    simulated: patch.simulated === undefined ? undefined : flag(patch.simulated),
    boot: patch.boot,
    lastContactAtMs: patch.lastContactAtMs,
    lastError: toJson(patch.lastError),
  };
}
