import { DomainError } from '../domain/errors.ts';
import type { Machine } from '../domain/machine.ts';
import type { Bundle, ParameterValues } from '../domain/bundle.ts';
import { buildArguments } from '../domain/command-line.ts';
import type { Run, RunEnd } from '../domain/run.ts';
import { isRunEnded } from '../domain/run.ts';
import { crc32Hex } from '../lib/crc32.ts';
import { decodeEnd } from '../spool/end-file.ts';
import { logOfPlainOutput } from '../spool/plain-output.ts';
import { createRunLogDecoder } from '../spool/run-log.ts';
import { requireArtifact } from './bundles.ts';
import { readFigures, withFlags } from './close-run.ts';
import { newJobKey } from './job-key.ts';
import type { JobKey } from './jobs.ts';
import type { LogImport } from './operations.ts';
import { LOG_SLACK_BYTES } from './own-log.ts';
import type { Parts } from './parts.ts';
import { bundleFor } from './resolve-bundle.ts';
import { outcomeOf } from './run-outcome.ts';
import type { Outcome } from './run-outcome.ts';
import { publishRun } from './run-work.ts';
import { requireMachine } from './select-machines.ts';

/** A log that somebody carried here. */
interface BroughtLog {
  readonly bytes: Uint8Array;
  readonly key: JobKey;
  /** An agent wrote it; otherwise it is only what a program printed. */
  readonly isAgents: boolean;
}

const refuse = (why: string): DomainError => new DomainError('LOG_REFUSED', why);

/** What the log is of: a run that is lost, or one that fleet98 never started. */
interface Subject {
  readonly machine: Machine;
  readonly bundle: Bundle;
  readonly lost?: Run;
  /** How much of its log is here, and was compared. */
  readonly storedBytes: number;
}

/**
 * A run by the log that somebody carried here: a lost one is closed, anything else becomes a run of its own. Its flag
 * `by-hand` says that a person vouches for it. Throws LOG_REFUSED, ALREADY_ENDED, RUN_NOT_LOST, NOT_FOUND, INVALID_REQUEST.
 */
export async function importRun(parts: Parts, request: LogImport): Promise<Run> {
  const log = readLog(await readFile(parts, request.log));
  const end = readEnd(log, request);
  const subject = await findSubject(parts, log, request);
  const { lost, bundle, storedBytes } = subject;
  const figures = await readFigures([log.bytes], bundle, end);
  const outcome = outcomeByHand(end, figures.engine);
  const { event, code, detail } = outcome;
  const run = await parts.store.runs.bring(lost?.id ?? newRun(parts, subject, request), {
    fromByte: storedBytes,
    log: log.bytes.subarray(storedBytes),
    event,
    patch: {
      ...figures.patch,
      // Text of which nobody noted the pieces says nothing of their number.
      ...(!log.isAgents && { tokens: null }),
      code: code ?? null,
      detail: detail ?? null,
      flags: withFlags({ flags: lost?.flags ?? [] }, [...figures.flags, ...outcome.flags, 'by-hand']),
      ...(!lost && { jobId: log.key.id, jobToken: log.key.token }),
      ...(end && { end, ...(end.pid !== undefined && { pid: end.pid }) }),
    },
    ...(request.request && { request: request.request }),
    atMs: parts.clock.nowMs(),
  });
  if (!run) throw new DomainError('RUN_NOT_LOST', `run ${lost?.id} is heard of again`);
  parts.events.publish({ type: 'log', runId: run.id, endOffset: log.bytes.length });
  publishRun(parts, run);
  return run;
}

function newRun({ clock, settings }: Parts, { machine, bundle }: Subject, asked: LogImport) {
  return {
    machineId: machine.id,
    bundleId: bundle.id,
    parameters: asked.parameters,
    limits: settings.run.limits,
    simulated: machine.simulated,
    requestedBy: asked.requestedBy,
    atMs: clock.nowMs(),
  };
}

async function readFile(parts: Parts, sha256: string): Promise<Uint8Array> {
  const { sizeBytes } = await requireArtifact(parts, 'log', sha256);
  const maxBytes = parts.settings.run.limits.logMaxBytes + LOG_SLACK_BYTES;
  if (sizeBytes === 0) throw refuse('the file is empty');
  if (sizeBytes > maxBytes) throw refuse(`the file has ${sizeBytes} bytes; a log has at most ${maxBytes}`);
  const pieces: Uint8Array[] = [];
  for await (const piece of parts.store.artifactFiles.open(sha256)) pieces.push(piece);
  return Buffer.concat(pieces);
}

function readLog(bytes: Uint8Array): BroughtLog {
  const isAgents = Buffer.from(bytes.subarray(0, 9)).toString('latin1') === '#fleet98 ';
  if (!isAgents) {
    const key = newJobKey();
    return { bytes: logOfPlainOutput(key, bytes), key, isAgents };
  }
  const { header, damaged } = createRunLogDecoder().push(bytes);
  if (damaged !== undefined || !header) throw refuse(damaged ?? 'it ends within its first line');
  return { bytes, key: header, isAgents };
}

/** How the run ended, as the agent says or the person; undefined: nobody says. */
function readEnd(log: BroughtLog, { end: file, exitCode }: LogImport): RunEnd | undefined {
  if (file === undefined && exitCode !== undefined) {
    return { reason: 'exited', exitCode, logCut: false, kept: [] };
  }
  if (file === undefined) {
    if (log.isAgents) throw refuse('an agent wrote it: its END belongs to it, or else the exit code');
    return undefined;
  }
  if (exitCode !== undefined) {
    throw new DomainError('INVALID_REQUEST', 'give the END of the run or its exit code, not both');
  }
  const decoded = decodeEnd(file);
  if (decoded.state === 'incomplete') throw refuse('the END is not whole');
  if (decoded.state === 'damaged') throw refuse(`the END is damaged: ${decoded.why}`);
  const isOurs = log.isAgents && decoded.id === log.key.id && decoded.token === log.key.token;
  if (!isOurs || decoded.kind !== 'run') throw refuse('the END is not that of this log');
  const { end } = decoded;
  if (end.logBytes !== undefined && end.logBytes !== log.bytes.length) {
    throw refuse(`the log has ${log.bytes.length} bytes, and its END counts ${end.logBytes}`);
  }
  if (end.logCrc32 !== undefined && end.logCrc32 !== crc32Hex(log.bytes)) {
    throw refuse('the log has another sum than its END says');
  }
  return end;
}

async function findSubject(parts: Parts, log: BroughtLog, asked: LogImport): Promise<Subject> {
  const { store } = parts;
  const known = log.isAgents ? await store.runs.findByJobId(log.key.id) : undefined;
  if (known) return lostSubject(parts, log, known, asked);
  if (log.isAgents && (await store.runs.knowsJob(log.key.id))) {
    throw refuse(`job ${log.key.id} was no run`);
  }
  if (asked.machine === undefined || asked.bundle === undefined) {
    throw new DomainError(
      'INVALID_REQUEST',
      'no run of this log is known here: name its machine and its bundle',
    );
  }
  const machine = await requireMachine(store, asked.machine);
  const bundle = await bundleFor(parts, asked.bundle, machine);
  checkParameters(bundle, asked.parameters);
  return { machine, bundle, storedBytes: 0 };
}

function checkParameters({ name, command }: Bundle, parameters: ParameterValues): void {
  if (Object.keys(parameters).length === 0) return;
  if (!command)
    throw new DomainError('BUNDLE_HAS_NO_COMMAND', `${name} has no parameters: it has no command`);
  buildArguments(command, parameters);
}

async function lostSubject({ store }: Parts, log: BroughtLog, run: Run, asked: LogImport): Promise<Subject> {
  if (asked.machine !== undefined && asked.machine !== run.machineName) {
    throw refuse(`it is the log of run ${run.id} on ${run.machineName}, not on ${asked.machine}`);
  }
  if (run.jobToken !== log.key.token) throw refuse(`it is not the log of run ${run.id}, only named like it`);
  if (isRunEnded(run.state)) throw new DomainError('ALREADY_ENDED', `run ${run.id} is ${run.state} already`);
  if (run.state !== 'lost') throw new DomainError('RUN_NOT_LOST', `run ${run.id} is ${run.state}`);
  const storedBytes = await store.runLogs.end(run.id);
  const stored = await store.runLogs.read(run.id, 0, storedBytes);
  if (Buffer.compare(stored, log.bytes.subarray(0, storedBytes)) !== 0) {
    throw refuse(`it does not begin with the ${storedBytes} bytes that are here of run ${run.id}`);
  }
  const machine = await store.machines.get(run.machineId);
  const bundle = await store.bundles.get(run.bundleId);
  if (!machine || !bundle) throw new DomainError('BUG', `run ${run.id} has lost its machine or bundle`);
  return { machine, bundle, lost: run, storedBytes };
}

/** Without a word about its end it counts as done: what speaks against that are its flags. */
function outcomeByHand(
  end: RunEnd | undefined,
  engine: { readonly printsMarker: boolean; readonly marker: boolean },
): Outcome {
  if (end) return outcomeOf(end, engine);
  return { event: 'succeed', flags: engine.printsMarker && !engine.marker ? ['no-end-marker'] : [] };
}
