import { randomUUID } from 'node:crypto';
import type { ReadyPrograms } from '../contract/agents.ts';
import type { Artifact, ArtifactPage } from '../contract/artifacts.ts';
import type { Benchmark, BenchmarkPage } from '../contract/benchmarks.ts';
import type { Restoring } from '../contract/backup.ts';
import type { Bundle, BundlePage, HandDelivery } from '../contract/bundles.ts';
import type {
  BundleRemoved,
  Deployment,
  DeploymentPage,
  MachineCheck,
  ReceiptPage,
} from '../contract/deployments.ts';
import type {
  AgentUpdated,
  HistoryPage,
  Machine,
  MachinePage,
  MachineReport,
  ScanResult,
  WaitingList,
} from '../contract/machines.ts';
import type { Health } from '../contract/health.ts';
import { fillPath } from '../contract/paths.ts';
import { routes } from '../contract/routes.ts';
import type { Run, RunPage, RunSummary, RunsStarted } from '../contract/runs.ts';
import { ProblemError, UnreachableError } from './failures.ts';

/** What the daemon answers to each operation that the CLI asks for. */
interface Answers {
  registerMachine: Machine;
  listMachines: MachinePage;
  showMachine: Machine;
  listWaiting: WaitingList;
  scan: ScanResult;
  readHandDelivery: HandDelivery;
  approveMachine: Machine;
  changeMachine: Machine;
  removeMachine: undefined;
  retireMachine: Machine;
  restoreMachine: Machine;
  readMachineHistory: HistoryPage;
  probeMachine: Machine;
  updateAgent: AgentUpdated;
  listAgents: ReadyPrograms;
  holdMachine: Machine;
  explainMachine: MachineReport;
  putArtifact: Artifact;
  listArtifacts: ArtifactPage;
  createBundle: Bundle;
  listBundles: BundlePage;
  showBundle: Bundle;
  deploy: Deployment;
  listDeployments: DeploymentPage;
  showDeployment: Deployment;
  cancelDeployment: Deployment;
  rollBackDeployment: Deployment;
  listReceipts: ReceiptPage;
  verifyMachine: MachineCheck;
  removeBundle: BundleRemoved;
  run: RunsStarted;
  listRuns: RunPage;
  showRun: Run;
  cancelRun: RunSummary;
  abandonRun: RunSummary;
  importRun: Run;
  restore: Restoring;
  showHealth: Health;
  createBenchmark: Benchmark;
  listBenchmarks: BenchmarkPage;
  showBenchmark: Benchmark;
  cancelBenchmark: Benchmark;
}
type Operation = keyof typeof routes;

export interface Question {
  readonly params?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Sent as JSON. */
  readonly body?: object;
  /** Sent as it is. */
  readonly file?: { readonly bytes: AsyncIterable<Uint8Array>; readonly sizeBytes: number };
  readonly headers?: Readonly<Record<string, string>>;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What would be started twice if it were asked twice; a key of its own lets each be asked again. */
const startsWork: ReadonlySet<Operation> = new Set<Operation>([
  'deploy',
  'rollBackDeployment',
  'run',
  'importRun',
  'createBenchmark',
]);

/** A connection broke after it was there: nobody knows whether the request had been carried out. */
class BrokenError extends UnreachableError {}

/** What `fetch` throws when it gets no answer. */
function unanswered(url: string, error: unknown): UnreachableError {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = isObject(cause) ? cause['code'] : undefined;
  const why = cause instanceof Error && cause.message !== '' ? ` (${cause.message})` : '';
  if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET' || code === 'EPIPE') {
    return new BrokenError(
      `the connection to the daemon at ${url} broke${why}\nIs it still there? Try again.`,
      {
        cause: error,
      },
    );
  }
  return new UnreachableError(
    `no daemon answers at ${url}${why}\nStart one with \`fleet98 serve\`, or name it with --url or FLEET98_URL.`,
    { cause: error },
  );
}

/** Asks one daemon. Throws ProblemError for its no, UnreachableError when there is none. */
export class Client {
  readonly url: string;
  readonly #token: string | undefined;
  /** Ends whatever is asked of the daemon, and everything that waits for it. */
  readonly signal: AbortSignal | undefined;

  constructor(url: string, options: { readonly token?: string; readonly signal?: AbortSignal } = {}) {
    this.url = url.replace(/\/+$/, '');
    this.#token = options.token;
    this.signal = options.signal;
  }

  /** The same daemon, asked until `signal` is aborted. */
  until(signal: AbortSignal): Client {
    return new Client(this.url, { signal, ...(this.#token === undefined ? {} : { token: this.#token }) });
  }

  /** The answer to an operation that answers JSON. */
  async call<Name extends keyof Answers>(name: Name, question: Question = {}): Promise<Answers[Name]> {
    const response = await this.open(name, question);
    return await this.#json(response);
  }

  /** The answer itself, for operations that stream; already known to be good. */
  async open(name: Operation, question: Question = {}): Promise<Response> {
    const { method, path } = routes[name];
    const url = new URL(`${this.url}${fillPath(path, question.params ?? {})}`);
    for (const [key, value] of Object.entries(question.query ?? {})) {
      if (value !== undefined) url.searchParams.set(key, String(value));
    }
    const key = startsWork.has(name) ? { 'idempotency-key': randomUUID() } : {};
    const asked = { ...question, headers: { ...key, ...question.headers } };
    const repeatable = method === 'GET' || startsWork.has(name);
    const response = await this.#send(url, method, asked).catch((error: unknown) => {
      if (repeatable && error instanceof BrokenError) return this.#send(url, method, asked);
      throw error;
    });
    if (!response.ok) throw await this.#problem(response);
    return response;
  }

  async #send(url: URL, method: string, question: Question): Promise<Response> {
    const headers = new Headers(question.headers);
    if (this.#token) headers.set('authorization', `Bearer ${this.#token}`);
    if (question.body) headers.set('content-type', 'application/json');
    if (question.file) {
      headers.set('content-type', 'application/octet-stream');
      headers.set('content-length', String(question.file.sizeBytes));
    }
    try {
      return await fetch(url, {
        method,
        headers,
        redirect: 'error',
        ...(question.body ? { body: JSON.stringify(question.body) } : {}),
        ...(question.file ? { body: ReadableStream.from(question.file.bytes), duplex: 'half' } : {}),
        ...(this.signal ? { signal: this.signal } : {}),
      });
    } catch (error) {
      this.signal?.throwIfAborted();
      throw unanswered(this.url, error);
    }
  }

  async #problem(response: Response): Promise<Error> {
    const body = await this.#json<unknown>(response);
    if (!isObject(body) || typeof body['code'] !== 'string') return this.#foreign();
    const { code, detail, hint } = body;
    return new ProblemError({ code, detail: text(detail), hint: text(hint), status: response.status });
  }

  async #json<T>(response: Response): Promise<T> {
    const body = await response.text();
    try {
      return JSON.parse(body === '' ? 'null' : body);
    } catch {
      throw this.#foreign();
    }
  }

  #foreign(): UnreachableError {
    return new UnreachableError(
      `what answers at ${this.url} is not a fleet98 daemon\nCheck --url or FLEET98_URL.`,
    );
  }
}
