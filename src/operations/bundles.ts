import { createHash } from 'node:crypto';
import type { Artifact } from '../domain/artifact.ts';
import type { Bundle, BundleFile, Command } from '../domain/bundle.ts';
import { checkCommand } from '../domain/command-line.ts';
import { DomainError } from '../domain/errors.ts';
import { checkBundleFileName, fatClashes } from '../domain/file-names.ts';
import { inspectArtifact } from '../doctor/inspect-artifact.ts';
import { engineIds } from '../engines/index.ts';
import { isBuiltIn, starterName } from '../domain/starter.ts';
import type { NewBundle } from './operations.ts';
import type { Parts } from './parts.ts';

/** Takes in a file as it streams, then looks at its first bytes to say what it is. */
export async function receiveArtifact(
  parts: Parts,
  filename: string,
  source: AsyncIterable<Uint8Array>,
  expectedBytes: number | undefined,
): Promise<{ artifact: Artifact; created: boolean }> {
  const { store, settings, clock } = parts;
  const received = await store.artifactFiles.receive(source, {
    maxBytes: settings.maxArtifactBytes,
    ...(expectedBytes !== undefined && { expectedBytes }),
  });
  const known = await store.artifacts.get(received.sha256);
  if (known) return { artifact: known, created: false };
  const { kind, facts } = await inspectArtifact(received.head, received.sizeBytes, (offset, length) =>
    store.artifactFiles.readAt(received.sha256, offset, length),
  );
  const { sha256, crc32, sizeBytes } = received;
  const artifact = { sha256, crc32, sizeBytes, filename, kind, facts, createdAtMs: clock.nowMs() };
  return { artifact: await store.artifacts.insert(artifact), created: true };
}

/** A new version of a named bundle, or the existing one when it is the same to the last byte. */
export async function createBundle(
  parts: Parts,
  input: NewBundle,
): Promise<{ bundle: Bundle; created: boolean }> {
  if (isBuiltIn(input.name)) {
    throw new DomainError('INVALID_REQUEST', `the name ${input.name} is one of the built-in bundles'`);
  }
  return makeBundle(parts, input);
}

/** As `createBundle`, for the built-in ones too. */
export async function makeBundle(
  parts: Parts,
  input: NewBundle,
): Promise<{ bundle: Bundle; created: boolean }> {
  checkNames(input);
  if (input.command) checkBundleCommand(input.command, input);
  if (!engineIds.includes(input.engine)) {
    throw new DomainError('INVALID_REQUEST', `engine must be one of ${engineIds.join(', ')}`);
  }
  const files = await Promise.all(input.files.map((file) => requireFile(parts, file)));
  const hash = createHash('sha256')
    .update(JSON.stringify({ files, command: input.command ?? null, engine: input.engine }))
    .digest('hex');
  return parts.store.bundles.create({
    name: input.name,
    hash,
    folder: `B/${hash.slice(0, 8).toUpperCase()}`,
    files,
    ...(input.command && { command: input.command }),
    engine: input.engine,
    atMs: parts.clock.nowMs(),
  });
}

/** `name` or `name@version`; no version means the newest. */
export async function findBundle(parts: Pick<Parts, 'store'>, reference: string): Promise<Bundle> {
  const [name = '', version, ...rest] = reference.split('@');
  const number = version === undefined ? undefined : Number(version);
  const valid = rest.length === 0 && (number === undefined || (Number.isSafeInteger(number) && number > 0));
  if (!valid) throw new DomainError('INVALID_REQUEST', 'a bundle is named NAME or NAME@VERSION');
  const bundle = await parts.store.bundles.find(name, number);
  if (bundle) return bundle;
  const hint = name === starterName ? `; ${starterName} alone means the one that fits the machine` : '';
  throw new DomainError('NOT_FOUND', `there is no bundle ${reference}${hint}`);
}

function checkNames(input: NewBundle): void {
  const names = input.files.map((file) => file.name);
  for (const name of names) {
    const checked = checkBundleFileName(name);
    if (!checked.ok) throw new DomainError('NAME_NOT_8_3', checked.why);
  }
  const [clash] = fatClashes(names);
  if (clash) throw new DomainError('NAME_CLASH', `these names are one on the machine: ${clash.join(', ')}`);
}

function checkBundleCommand(command: Command, input: NewBundle): void {
  checkCommand(command);
  if (command.exe !== undefined && !input.files.some((file) => file.name === command.exe)) {
    throw new DomainError(
      'INVALID_REQUEST',
      `command.exe names ${command.exe}, which is not a file of the bundle`,
    );
  }
}

/** `what` names it. Throws ARTIFACT_MISSING. */
export async function requireArtifact(
  { store }: Pick<Parts, 'store'>,
  what: string,
  sha256: string,
): Promise<Artifact> {
  const artifact = await store.artifacts.get(sha256);
  if (artifact) return artifact;
  throw new DomainError('ARTIFACT_MISSING', `${what} names the artifact ${sha256}, which is not here`);
}

async function requireFile(
  parts: Parts,
  file: { readonly name: string; readonly sha256: string },
): Promise<BundleFile> {
  const artifact = await requireArtifact(parts, file.name, file.sha256);
  return { name: file.name, sha256: artifact.sha256, sizeBytes: artifact.sizeBytes, crc32: artifact.crc32 };
}
