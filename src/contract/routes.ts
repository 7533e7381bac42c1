import { Type, type TSchema } from 'typebox';
import * as agents from './agents.ts';
import * as artifacts from './artifacts.ts';
import * as benchmarks from './benchmarks.ts';
import { Restoring } from './backup.ts';
import * as bundles from './bundles.ts';
import * as deployments from './deployments.ts';
import { ById, ByMachineName, Nothing, OnceHeaders } from './fields.ts';
import { Health } from './health.ts';
import * as machines from './machines.ts';
import { problems } from './problem.ts';
import * as runs from './runs.ts';
import { bytesAnswer, eventsAnswer, linesAnswer, textAnswer } from './stream-answers.ts';

interface RouteSchema {
  readonly summary: string;
  readonly description?: string;
  readonly params?: TSchema;
  readonly querystring?: TSchema;
  readonly headers?: TSchema;
  readonly body?: TSchema | typeof artifacts.FileBody;
  readonly response: Readonly<Record<number, unknown>>;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One row of the table; the noun after `/api/v1/` is its group in the API pages. */
function route<Name extends string, M extends Method, S extends RouteSchema>(
  operationId: Name,
  method: M,
  path: string,
  schema: S,
) {
  const [, , , noun = 'daemon'] = path.split('/');
  const { response, ...rest } = schema;
  return {
    method,
    path,
    schema: { operationId, tags: [noun], ...rest, response: { ...response, ...problems } as S['response'] },
  };
}

const v1 = '/api/v1';
const byName = `${v1}/machines/:name`;

/** Every route of the daemon, by its operation id. The API serves them, the CLI asks them. */
export const routes = {
  registerMachine: route('registerMachine', 'POST', `${v1}/machines`, {
    summary: 'Register a machine',
    description: 'Without a port and a user: 21 and anonymous.',
    querystring: Nothing,
    body: machines.NewMachine,
    response: { 201: machines.Machine },
  }),
  listMachines: route('listMachines', 'GET', `${v1}/machines`, {
    summary: 'List machines by name',
    querystring: machines.MachineQuery,
    response: { 200: machines.MachinePage },
  }),
  showMachine: route('showMachine', 'GET', byName, {
    summary: 'Show one machine',
    params: ByMachineName,
    querystring: Nothing,
    response: { 200: machines.Machine },
  }),
  listWaiting: route('listWaiting', 'GET', `${v1}/machines/waiting`, {
    summary: 'Machines that want to join, and wait for somebody’s word',
    querystring: Nothing,
    response: { 200: machines.WaitingList },
  }),
  scan: route('scan', 'POST', `${v1}/scan`, {
    summary: 'Look who greets as an FTP server does in this host’s networks; slowly',
    querystring: Nothing,
    body: machines.ScanRequest,
    response: { 200: machines.ScanResult },
  }),
  approveMachine: route('approveMachine', 'POST', `${byName}/approve`, {
    summary: 'Let a machine that waits join under this name',
    description: 'The code is the one on its screen. again: it takes the place of the machine of this name.',
    params: ByMachineName,
    querystring: Nothing,
    body: machines.Approval,
    response: { 200: machines.Machine },
  }),
  changeMachine: route('changeMachine', 'PATCH', byName, {
    summary: 'Change fields of a machine; null clears one',
    params: ByMachineName,
    querystring: Nothing,
    body: machines.MachineChange,
    response: { 200: machines.Machine },
  }),
  removeMachine: route('removeMachine', 'DELETE', byName, {
    summary: 'Remove a machine',
    params: ByMachineName,
    querystring: Nothing,
    response: { 204: Type.Null() },
  }),
  retireMachine: route('retireMachine', 'POST', `${byName}/retire`, {
    summary: 'Retire a machine: its history stays, no work goes there',
    params: ByMachineName,
    querystring: Nothing,
    body: Nothing,
    response: { 200: machines.Machine },
  }),
  restoreMachine: route('restoreMachine', 'POST', `${byName}/restore`, {
    summary: 'Take a retired machine back into service',
    params: ByMachineName,
    querystring: Nothing,
    body: Nothing,
    response: { 200: machines.Machine },
  }),
  readMachineHistory: route('readMachineHistory', 'GET', `${byName}/history`, {
    summary: 'What was done with a machine, newest first',
    params: ByMachineName,
    querystring: machines.HistoryQuery,
    response: { 200: machines.HistoryPage },
  }),
  probeMachine: route('probeMachine', 'POST', `${byName}/probe`, {
    summary: 'Ask a machine what it is',
    params: ByMachineName,
    querystring: Nothing,
    body: machines.ProbeRequest,
    response: { 200: machines.Machine },
  }),
  holdMachine: route('holdMachine', 'POST', `${byName}/hold`, {
    summary: 'Hold a machine: no new work starts there; or lift the hold',
    params: ByMachineName,
    querystring: Nothing,
    body: machines.HoldRequest,
    response: { 200: machines.Machine },
  }),
  explainMachine: route('explainMachine', 'GET', `${byName}/why`, {
    summary: 'What is known of how a machine does, and what to look at',
    params: ByMachineName,
    querystring: Nothing,
    response: { 200: machines.MachineReport },
  }),
  updateAgent: route('updateAgent', 'POST', `${byName}/agent`, {
    summary: 'Put the ready-made agent in the place of the one that runs on a machine',
    description: 'Answers when the new agent has told of itself, or the old one has said why it goes on.',
    params: ByMachineName,
    querystring: Nothing,
    body: Nothing,
    response: { 200: machines.AgentUpdated },
  }),
  preflightMachine: route('preflightMachine', 'GET', `${byName}/preflight`, {
    summary: 'Whether a bundle would work on a machine',
    params: ByMachineName,
    querystring: machines.PreflightQuery,
    response: { 200: machines.Preflight },
  }),

  putArtifact: route('putArtifact', 'PUT', `${v1}/artifacts/:filename`, {
    summary: 'Upload a file',
    description:
      'The body is the file itself, as application/octet-stream. 200: these bytes were known already.',
    params: artifacts.ByFilename,
    querystring: Nothing,
    body: artifacts.FileBody,
    response: { 200: artifacts.Artifact, 201: artifacts.Artifact },
  }),
  listArtifacts: route('listArtifacts', 'GET', `${v1}/artifacts`, {
    summary: 'List artifacts, oldest first',
    querystring: artifacts.ArtifactQuery,
    response: { 200: artifacts.ArtifactPage },
  }),
  readArtifact: route('readArtifact', 'GET', `${v1}/artifacts/:sha256/content`, {
    summary: 'Download an artifact',
    params: artifacts.BySha256,
    querystring: Nothing,
    response: bytesAnswer('The file'),
  }),

  listAgents: route('listAgents', 'GET', `${v1}/agents`, {
    summary: 'List the ready-made programs for old machines: agents, FTP servers, the starter engine',
    querystring: Nothing,
    response: { 200: agents.ReadyPrograms },
  }),
  readAgent: route('readAgent', 'GET', `${v1}/agents/:platform/:file`, {
    summary: 'Download a ready-made program',
    params: agents.ByProgram,
    querystring: Nothing,
    response: bytesAnswer('The program'),
  }),

  createBundle: route('createBundle', 'POST', `${v1}/bundles`, {
    summary: 'Create a bundle, or the next version of one',
    description: '200: the newest version of that name is the same already.',
    querystring: Nothing,
    body: bundles.NewBundle,
    response: { 200: bundles.Bundle, 201: bundles.Bundle },
  }),
  listBundles: route('listBundles', 'GET', `${v1}/bundles`, {
    summary: 'List bundle versions, oldest first',
    querystring: bundles.BundleQuery,
    response: { 200: bundles.BundlePage },
  }),
  showBundle: route('showBundle', 'GET', `${v1}/bundles/:name/versions/:version`, {
    summary: 'Show one version of a bundle',
    params: bundles.ByBundleVersion,
    querystring: Nothing,
    response: { 200: bundles.Bundle },
  }),

  readHandDelivery: route('readHandDelivery', 'GET', `${v1}/bundles/:name/versions/:version/by-hand`, {
    summary: 'What brings a bundle to a machine on disks',
    params: bundles.ByBundleVersion,
    querystring: Nothing,
    response: { 200: bundles.HandDelivery },
  }),

  deploy: route('deploy', 'POST', `${v1}/deploy`, {
    summary: 'Bring a bundle to machines',
    description: '200: only a dry run was asked for; nothing was saved or sent.',
    querystring: deployments.DeployQuery,
    headers: OnceHeaders,
    body: deployments.DeployRequest,
    response: { 200: deployments.DeployPlan, 202: deployments.Deployment },
  }),
  listDeployments: route('listDeployments', 'GET', `${v1}/deployments`, {
    summary: 'List deployments, newest first',
    querystring: deployments.DeploymentQuery,
    response: { 200: deployments.DeploymentPage },
  }),
  showDeployment: route('showDeployment', 'GET', `${v1}/deployments/:id`, {
    summary: 'Show one deployment with each of its machines',
    params: ById,
    querystring: Nothing,
    response: { 200: deployments.Deployment },
  }),
  cancelDeployment: route('cancelDeployment', 'POST', `${v1}/deployments/:id/cancel`, {
    summary: 'Cancel what is not done yet of a deployment',
    params: ById,
    querystring: Nothing,
    body: Nothing,
    response: { 202: deployments.Deployment },
  }),
  rollBackDeployment: route('rollBackDeployment', 'POST', `${v1}/deployments/:id/rollback`, {
    summary: 'Deploy the version that was on the machines before',
    params: ById,
    querystring: Nothing,
    headers: OnceHeaders,
    body: Nothing,
    response: { 202: deployments.Deployment },
  }),
  verifyMachine: route('verifyMachine', 'POST', `${byName}/verify`, {
    summary: 'Measure what is placed on a machine',
    params: ByMachineName,
    querystring: Nothing,
    body: deployments.VerifyRequest,
    response: { 200: deployments.MachineCheck },
  }),
  removeBundle: route('removeBundle', 'POST', `${byName}/remove`, {
    summary: 'Take a bundle version from a machine',
    params: ByMachineName,
    querystring: Nothing,
    body: deployments.RemoveRequest,
    response: { 200: deployments.BundleRemoved },
  }),
  listReceipts: route('listReceipts', 'GET', `${v1}/receipts`, {
    summary: 'List what is proven about files on machines, newest first',
    querystring: deployments.ReceiptQuery,
    response: { 200: deployments.ReceiptPage },
  }),

  run: route('run', 'POST', `${v1}/run`, {
    summary: 'Run a bundle on machines',
    querystring: Nothing,
    headers: OnceHeaders,
    body: runs.RunRequest,
    response: { 202: runs.RunsStarted },
  }),
  listRuns: route('listRuns', 'GET', `${v1}/runs`, {
    summary: 'List runs, newest first',
    querystring: runs.RunQuery,
    response: { 200: runs.RunPage },
  }),
  showRun: route('showRun', 'GET', `${v1}/runs/:id`, {
    summary: 'Show one run with its text and figures',
    params: ById,
    querystring: Nothing,
    response: { 200: runs.Run },
  }),
  cancelRun: route('cancelRun', 'POST', `${v1}/runs/:id/cancel`, {
    summary: 'Cancel a run',
    params: ById,
    querystring: Nothing,
    body: Nothing,
    response: { 202: runs.RunSummary },
  }),
  abandonRun: route('abandonRun', 'POST', `${v1}/runs/:id/abandon`, {
    summary: 'Close a lost run by hand; what its machine still has of it is cleared away later',
    params: ById,
    querystring: Nothing,
    body: Nothing,
    response: { 200: runs.RunSummary },
  }),
  importRun: route('importRun', 'POST', `${v1}/runs/import`, {
    summary: 'Make a run of a log that was carried here by hand, or close with it the lost run that it is of',
    description:
      'The log is uploaded before, as an artifact. `machine` and `bundle` are needed unless the run is known.',
    querystring: Nothing,
    headers: OnceHeaders,
    body: runs.RunImport,
    response: { 201: runs.Run },
  }),
  readRunLog: route('readRunLog', 'GET', `${v1}/runs/:id/log`, {
    summary: 'The log of a run as the agent wrote it, from a byte on',
    params: ById,
    querystring: runs.LogQuery,
    response: bytesAnswer('The bytes that are stored so far'),
  }),
  readRunTokens: route('readRunTokens', 'GET', `${v1}/runs/:id/tokens`, {
    summary: 'The token events of a run, one JSON object per line',
    params: ById,
    querystring: Nothing,
    response: linesAnswer('Lines {index, atMs, text}; base64 beside text that is not whole UTF-8'),
  }),
  followRun: route('followRun', 'GET', `${v1}/runs/:id/events`, {
    summary: 'Follow a run as server-sent events: token, state, end',
    description:
      'The id of a token event is the raw log offset behind it; Last-Event-ID goes on exactly there. Closes after end.',
    params: ById,
    querystring: Nothing,
    response: eventsAnswer('Events token, state and end'),
  }),

  createBenchmark: route('createBenchmark', 'POST', `${v1}/benchmarks`, {
    summary: 'Measure bundles on machines by repeated runs',
    querystring: Nothing,
    headers: OnceHeaders,
    body: benchmarks.BenchmarkRequest,
    response: { 202: benchmarks.Benchmark },
  }),
  listBenchmarks: route('listBenchmarks', 'GET', `${v1}/benchmarks`, {
    summary: 'List benchmarks, newest first',
    querystring: benchmarks.BenchmarkQuery,
    response: { 200: benchmarks.BenchmarkPage },
  }),
  showBenchmark: route('showBenchmark', 'GET', `${v1}/benchmarks/:id`, {
    summary: 'Show one benchmark: its runs, its figures so far, and its machines among published results',
    params: ById,
    querystring: Nothing,
    response: { 200: benchmarks.Benchmark },
  }),
  cancelBenchmark: route('cancelBenchmark', 'POST', `${v1}/benchmarks/:id/cancel`, {
    summary: 'Cancel what has not ended yet of a benchmark',
    params: ById,
    querystring: Nothing,
    body: Nothing,
    response: { 202: benchmarks.Benchmark },
  }),
  readBenchmarkResults: route('readBenchmarkResults', 'GET', `${v1}/benchmarks/:id/results`, {
    summary: 'The figures of a benchmark as json, jsonl, csv or md',
    params: ById,
    querystring: benchmarks.ResultQuery,
    response: benchmarks.resultsAnswer,
  }),

  backup: route('backup', 'POST', `${v1}/backup`, {
    summary: 'Take a backup of everything but the key, as a tar, while work goes on',
    description:
      'Fill the body with {}. Machine passwords stay sealed with the key file, which is not in it.',
    querystring: Nothing,
    body: Nothing,
    response: bytesAnswer('A tar for restore', 'application/x-tar'),
  }),
  restore: route('restore', 'POST', `${v1}/restore`, {
    summary: 'Put the state of a backup in the place of everything',
    description:
      'The body is the tar. The daemon starts anew; what was queued in the backup is not started, and the state before stays beside it.',
    querystring: Nothing,
    body: artifacts.FileBody,
    response: { 202: Restoring },
  }),

  followFleet: route('followFleet', 'GET', `${v1}/events`, {
    summary: 'Follow the fleet as server-sent events: machine, target, run, log',
    description:
      'Last-Event-ID repeats what was missed; where that is no longer known, a gap event comes first.',
    querystring: Nothing,
    response: eventsAnswer('Events machine, target, run, log and gap'),
  }),

  showMetrics: route('showMetrics', 'GET', '/metrics', {
    summary: 'Figures of the daemon for Prometheus',
    querystring: Nothing,
    response: textAnswer('All figures in Prometheus’ text format'),
  }),
  showHealth: route('showHealth', 'GET', '/healthz', {
    summary: 'Whether the daemon is alive; needs no token',
    querystring: Nothing,
    response: { 200: Health },
  }),
  showReadiness: route('showReadiness', 'GET', '/readyz', {
    summary: 'Whether the daemon can work',
    querystring: Nothing,
    response: { 200: Health, 503: Health },
  }),
};
