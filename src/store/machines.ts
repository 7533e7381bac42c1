import { DomainError } from '../domain/errors.ts';
import type { Machine, MachineHealth, MachineState, PlatformId, TransportName } from '../domain/machine.ts';
import { machineTable } from '../domain/machine.ts';
import { randomHex } from '../lib/random-id.ts';
import type { Database, Trx } from './database.ts';
import { toMachine, toMachineColumns, type MachinePatch } from './machine-row.ts';
import { selectFreeMachines } from './lanes.ts';
import { makePage, readCursor, rowsFor, type Page, type PageOf } from './page.ts';
import type { Secrets } from './secrets.ts';
import { isForeignKeyViolation, isUniqueViolation } from './sqlite.ts';

export type { MachinePatch };

export interface NewMachine {
  readonly name: string;
  /** `push` where it is not given. */
  readonly transport?: TransportName | undefined;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string | undefined;
  readonly passwordEnv?: string | undefined;
  readonly spool?: string | undefined;
  readonly platform?: PlatformId | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly writeChunkBytes: number;
  readonly atMs: number;
}

export interface MachineFilter {
  readonly state?: MachineState | undefined;
  readonly health?: MachineHealth | undefined;
  readonly label?: { readonly key: string; readonly value: string } | undefined;
  readonly platform?: PlatformId | undefined;
  /** Placed there. */
  readonly bundleId?: number | undefined;
  /** Registered at or after, and at or before. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

export class MachineStore {
  readonly #db: Database;
  readonly #secrets: Secrets;

  constructor(db: Database, secrets: Secrets) {
    this.#db = db;
    this.#secrets = secrets;
  }

  /** Throws NAME_TAKEN. */
  async create(input: NewMachine): Promise<Machine> {
    const id = randomHex(8);
    const { password, passwordEnv } = input;
    if (password !== undefined && passwordEnv !== undefined) throw twoPasswords();
    await refuseTakenName(input.name, () =>
      this.#db.write.transaction().execute(async (trx) => {
        await trx
          .insertInto('machine')
          .values({
            id,
            name: input.name,
            state: 'new',
            health: 'unknown',
            held: 0,
            transport: input.transport ?? 'push',
            host: input.host,
            port: input.port,
            user: input.user,
            passwordEnv: passwordEnv ?? null,
            secret: password === undefined ? null : this.#secrets.seal(password, id),
            spool: input.spool ?? null,
            platform: input.platform ?? null,
            labels: JSON.stringify(input.labels),
            writeChunkBytes: input.writeChunkBytes,
            simulated: 0,
            createdAtMs: input.atMs,
            updatedAtMs: input.atMs,
          })
          .execute();
        await writeLabels(trx, id, input.labels);
      }),
    );
    return this.#require(id);
  }

  async get(id: string): Promise<Machine | undefined> {
    const row = await this.#db.read.selectFrom('machine').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toMachine(row);
  }

  async findByName(name: string): Promise<Machine | undefined> {
    const row = await this.#db.read
      .selectFrom('machine')
      .selectAll()
      .where('name', '=', name)
      .executeTakeFirst();
    return row && toMachine(row);
  }

  /** One that logs in here by itself. */
  async findLogin(user: string): Promise<Machine | undefined> {
    const row = await this.#db.read
      .selectFrom('machine')
      .selectAll()
      .where('transport', '=', 'depot')
      .where('user', '=', user)
      .where('state', '!=', 'retired')
      .executeTakeFirst();
    return row && toMachine(row);
  }

  /** By name. */
  async list(page: Page & MachineFilter): Promise<PageOf<Machine>> {
    const { after, state, health, label, platform, bundleId, since, until } = page;
    let query = this.#db.read.selectFrom('machine').selectAll().orderBy('name').limit(rowsFor(page));
    if (after !== undefined) {
      const [name] = readCursor('machines', after, ['string']);
      query = query.where('name', '>', String(name));
    }
    if (state !== undefined) query = query.where('state', '=', state);
    if (health !== undefined) query = query.where('health', '=', health);
    if (platform !== undefined) query = query.where('platform', '=', platform);
    if (since !== undefined) query = query.where('createdAtMs', '>=', since);
    if (until !== undefined) query = query.where('createdAtMs', '<=', until);
    if (bundleId !== undefined) {
      query = query.where('id', 'in', (eb) =>
        eb.selectFrom('placement').select('machineId').where('bundleId', '=', bundleId),
      );
    }
    if (label !== undefined) {
      query = query.where('id', 'in', (eb) =>
        eb
          .selectFrom('machineLabel')
          .select('machineId')
          .where('key', '=', label.key)
          .where('value', '=', label.value),
      );
    }
    return makePage('machines', await query.execute(), page.limit, (row) => [row.name], toMachine);
  }

  /** Ids of the machines on which new work may start. */
  async freeIds(): Promise<string[]> {
    const rows = await selectFreeMachines(this.#db.read).execute();
    return rows.map(({ id }) => id);
  }

  /** By name; every machine that is not retired. */
  async all(): Promise<Machine[]> {
    const rows = await this.#db.read
      .selectFrom('machine')
      .selectAll()
      .where('state', '!=', 'retired')
      .orderBy('name')
      .execute();
    return rows.map(toMachine);
  }

  /** Throws NOT_FOUND, NAME_TAKEN, and BUG for a state that no event leads to. */
  async update(id: string, patch: MachinePatch, atMs: number): Promise<Machine> {
    const columns = { ...toMachineColumns(patch), ...this.#passwordColumns(id, patch), updatedAtMs: atMs };
    await refuseTakenName(patch.name ?? '', () =>
      this.#db.write.transaction().execute(async (trx) => {
        const now = await trx.selectFrom('machine').select('state').where('id', '=', id).executeTakeFirst();
        if (!now) throw notFound();
        if (patch.state !== undefined) refuseHole(now.state, patch.state);
        await trx.updateTable('machine').set(columns).where('id', '=', id).execute();
        if (patch.labels !== undefined) await writeLabels(trx, id, patch.labels);
      }),
    );
    return this.#require(id);
  }

  /** Throws MACHINE_BUSY while a run or a deployment is queued or under way there. */
  async retire(id: string, atMs: number): Promise<Machine> {
    await this.#db.write.transaction().execute(async (trx) => {
      if (await hasOpenWork(trx, id)) {
        throw new DomainError('MACHINE_BUSY', 'the machine has runs or deployments that are not over');
      }
      await trx
        .updateTable('machine')
        .set({ state: 'retired', updatedAtMs: atMs })
        .where('id', '=', id)
        .execute();
    });
    return this.#require(id);
  }

  /** In clear, for logging in there; '' when the machine has none. Throws CONFIG_INVALID when its variable is unset. */
  async password(id: string): Promise<string> {
    const row = await this.#db.read
      .selectFrom('machine')
      .select(['name', 'passwordEnv', 'secret'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (!row) throw notFound();
    if (row.passwordEnv !== null) return passwordFromEnvironment(row.passwordEnv, row.name);
    return row.secret === null ? '' : this.#secrets.open(row.secret, id);
  }

  /** Only a machine that nothing refers to: what happened on a machine is never forgotten. Throws MACHINE_HAS_HISTORY. */
  async remove(id: string): Promise<void> {
    try {
      await this.#db.write.transaction().execute(async (trx) => {
        await trx.deleteFrom('machineLabel').where('machineId', '=', id).execute();
        await trx.deleteFrom('machine').where('id', '=', id).execute();
      });
    } catch (error) {
      if (!isForeignKeyViolation(error)) throw error;
      throw new DomainError('MACHINE_HAS_HISTORY', 'the machine has runs or deployments', { cause: error });
    }
  }

  #passwordColumns(
    id: string,
    { password, passwordEnv }: MachinePatch,
  ): { passwordEnv?: string | null; secret?: string | null } {
    if (typeof password === 'string') {
      if (typeof passwordEnv === 'string') throw twoPasswords();
      return { secret: this.#secrets.seal(password, id), passwordEnv: null };
    }
    return {
      ...((password === null || typeof passwordEnv === 'string') && { secret: null }),
      ...(passwordEnv !== undefined && { passwordEnv }),
    };
  }

  async #require(id: string): Promise<Machine> {
    const machine = await this.get(id);
    if (!machine) throw notFound();
    return machine;
  }
}

async function hasOpenWork(trx: Trx, machineId: string): Promise<boolean> {
  for (const table of ['run', 'target'] as const) {
    const open = await trx
      .selectFrom(table)
      .select('machineId')
      .where('machineId', '=', machineId)
      .where('endedAtMs', 'is', null)
      .limit(1)
      .executeTakeFirst();
    if (open) return true;
  }
  return false;
}

/** A copy of the labels as rows, because a filter must find them by an index. */
async function writeLabels(trx: Trx, machineId: string, labels: Machine['labels']): Promise<void> {
  await trx.deleteFrom('machineLabel').where('machineId', '=', machineId).execute();
  const rows = Object.entries(labels).map(([key, value]) => ({ machineId, key, value }));
  if (rows.length > 0) await trx.insertInto('machineLabel').values(rows).execute();
}

async function refuseTakenName(name: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new DomainError('NAME_TAKEN', `there is a machine called ${name} already`, { cause: error });
  }
}

function refuseHole(from: MachineState, to: MachineState): void {
  if (from === to || Object.values(machineTable[from]).includes(to)) return;
  throw new DomainError('BUG', `no event leads a machine from '${from}' to '${to}'`);
}

function passwordFromEnvironment(variable: string, machine: string): string {
  const value = process.env[variable];
  if (value !== undefined) return value;
  throw new DomainError(
    'CONFIG_INVALID',
    `the environment variable ${variable}, which should hold the password of ${machine}, is not set`,
  );
}

const notFound = (): DomainError => new DomainError('NOT_FOUND', 'there is no such machine');
const twoPasswords = (): DomainError =>
  new DomainError('INVALID_REQUEST', 'give password or passwordEnv, not both');
