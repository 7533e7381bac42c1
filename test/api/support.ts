import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { buildApp } from '../../src/api/app.ts';
import type { ApiConfig } from '../../src/api/parts.ts';
import type { Bundle } from '../../src/domain/bundle.ts';
import { DomainError } from '../../src/domain/errors.ts';
import type { Machine } from '../../src/domain/machine.ts';
import type { Run } from '../../src/domain/run.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { Metrics } from '../../src/metrics.ts';
import { createOperations } from '../../src/operations/create-operations.ts';
import type { Kits } from '../../src/operations/kits.ts';
import type { Operations } from '../../src/operations/operations.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';

const settings: Parameters<typeof createOperations>[0]['settings'] = {
  allowedNetworks: ['127.0.0.0/8'],
  maxArtifactBytes: 8_000_000,
  ftp: { connectMs: 1000, replyMs: 1000, stallMs: 1000, writeChunkBytes: 4096 },
  deploy: { parallel: 1, giveUpMs: 60_000, retryMinMs: 1000, retryMaxMs: 1000, readBackMaxBytes: 1_000_000 },
  run: {
    pollMinMs: 1000,
    pollMaxMs: 1000,
    limits: { limitSeconds: 0, quietSeconds: 0, logMaxBytes: 8_388_608 },
    lateAfterMs: 60_000,
    unreachableAfterMs: 60_000,
    lostAfterMs: 60_000,
  },
  retention: { logDays: 0 },
  jobs: { waitMs: 1000, pollMs: 1000 },
  leaderboard: [],
};

/** No machine can be reached: what the API asks for is saved, and nothing is carried out. */
const noTransport = {
  open: () => Promise.reject(new DomainError('UNREACHABLE', 'the test has no machines')),
};

export const defaultConfig: ApiConfig = {
  hosts: ['fleet.lan', 'shelf.lan:9898'],
  tokens: [],
  maxArtifactBytes: 8_000_000,
  maxJsonBytes: 1_048_576,
  uploadStallMs: 60_000,
};

export interface TestApi {
  readonly dataDir: string;
  readonly app: FastifyInstance;
  readonly store: Store;
  readonly operations: Operations;
  /** Lines that the API logged. */
  readonly logged: string[];
  close(): Promise<void>;
}

/** The API over a real store and the real operations; `replace` puts others in the place of some. */
export async function openTestApi(
  options: {
    config?: Partial<ApiConfig>;
    /** A folder that is left as it is; without one a temporary one is made and removed. */
    dataDir?: string;
    replace?: (real: Operations, store: Store) => Partial<Operations>;
    restart?: () => void;
    /** The programs that come with it, in place of the shipped ones. */
    kits?: Kits;
  } = {},
): Promise<TestApi> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'fleet98-api-')));
  const remove = async (): Promise<void> => {
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  try {
    return await openOn(dataDir, options, remove);
  } catch (error) {
    await remove();
    throw error;
  }
}

async function openOn(
  dataDir: string,
  options: NonNullable<Parameters<typeof openTestApi>[0]>,
  remove: () => Promise<void>,
): Promise<TestApi> {
  const metrics = new Metrics();
  const store = await openStore({ dataDir, watch: metrics });
  const logged: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
  const real = createOperations({
    store,
    clock: systemClock,
    log: logger,
    settings,
    transport: noTransport,
    ...(options.kits && { kits: options.kits }),
  });
  const operations = { ...real, ...options.replace?.(real, store) };
  metrics.follow(store, operations.events);
  const config = { ...defaultConfig, ...options.config };
  const { restart = () => {} } = options;
  const app = await buildApp({ config, store, operations, logger, metrics, restart });
  const close = async (): Promise<void> => {
    try {
      await app.close();
      await operations.stop();
      await store.close();
    } finally {
      await remove();
    }
  };
  return { dataDir, app, store, operations, logged, close };
}

export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('the server does not listen on a port');
  return address.port;
}

/** Listens on a free port of 127.0.0.1. */
export async function listen(app: FastifyInstance): Promise<{ url: string; port: number }> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const port = portOf(app.server);
  return { url: `http://127.0.0.1:${port}`, port };
}

/** Sends bytes as they are and collects the answer until the daemon closes, or `until` says that it has enough. */
export function exchange(
  port: number,
  bytes: string | Buffer,
  until: (answer: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    socket.on('data', (data) => {
      answer += data.toString('latin1');
      if (until(answer)) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

/** Waits until `condition` holds; fails after five seconds. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('it did not happen within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Held, so that what is asked for stays queued: these tests carry nothing out. */
export async function addMachine(
  { store }: TestApi,
  name: string,
  state: 'new' | 'ready' = 'ready',
): Promise<Machine> {
  const machine = await store.machines.create({
    name,
    host: '127.0.0.1',
    port: 21,
    user: 'user',
    labels: {},
    writeChunkBytes: 4096,
    atMs: 1_000,
  });
  return store.machines.update(machine.id, { held: true, ...(state === 'ready' && { state }) }, 2_000);
}

/** A bundle of one script, and the artifact that it is made of. */
export async function addBundle({ app, operations }: TestApi, name: string): Promise<Bundle> {
  const bytes = Buffer.from(`script of ${name}`);
  await app.inject({
    method: 'PUT',
    url: '/api/v1/artifacts/run.sh',
    payload: bytes,
    headers: { 'content-type': 'application/octet-stream' },
  });
  const { bundle } = await operations.createBundle({
    name,
    files: [{ name: 'RUN.SH', sha256: createHash('sha256').update(bytes).digest('hex') }],
    command: { exe: 'RUN.SH', args: [], keep: [] },
    engine: 'auto',
  });
  return bundle;
}

export async function addRun(
  { store }: TestApi,
  machine: Machine,
  bundle: Bundle,
  atMs = 5_000,
): Promise<Run> {
  const [run] = await store.runs.create([
    {
      machineId: machine.id,
      bundleId: bundle.id,
      parameters: {},
      limits: settings.run.limits,
      simulated: false,
      requestedBy: 'test',
      atMs,
    },
  ]);
  if (!run) throw new Error('no run was made');
  return run;
}

/** A log as an agent writes it, of pieces of standard output. */
export function logOf(pieces: readonly (string | Uint8Array)[]): Buffer {
  const records = pieces.map((piece, at) => {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    return Buffer.concat([Buffer.from(`@${at * 100} o ${bytes.length}\n`), bytes, Buffer.from('\n')]);
  });
  const head = '#fleet98 1 0000ABCD 0123456789ABCDEF clock=test step_us=1000 boot=1\n';
  return Buffer.concat([Buffer.from(head), ...records]);
}
