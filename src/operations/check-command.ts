import type { Bundle, ParameterValues } from '../domain/bundle.ts';
import { buildArguments, quotedLine } from '../domain/command-line.ts';
import { DomainError } from '../domain/errors.ts';
import type { Machine } from '../domain/machine.ts';
import type { RunLimits } from '../domain/run.ts';
import { commandLineFacts } from '../platforms/command-line.ts';
import type { CommandLineFacts } from '../platforms/command-line.ts';
import { platformOf } from '../platforms/index.ts';
import { encodeRunJob } from '../spool/job-file.ts';
import type { Store } from '../store/open-store.ts';
import { newJobKey } from './job-key.ts';
import { goesDown } from './one-at-a-time.ts';
import { platformIdOf } from './preflight-plan.ts';

/**
 * Refuses, before anything is saved or sent, what a machine could only refuse later or would change: bad values, lines
 * that are too long, characters that do not arrive. Throws BUNDLE_HAS_NO_COMMAND, PARAMETER_UNKNOWN, PARAMETER_INVALID,
 * COMMAND_TOO_LONG, COMMAND_CHARACTER, LIMIT_NEEDED.
 */
export async function checkRunnable(
  store: Pick<Store, 'artifacts' | 'daemonId'>,
  bundle: Bundle,
  machines: readonly Machine[],
  asked: { readonly parameters: ParameterValues; readonly limits: RunLimits },
): Promise<void> {
  const { command } = bundle;
  if (!command) {
    throw new DomainError('BUNDLE_HAS_NO_COMMAND', `${bundle.name}@${bundle.version} has no command to run`);
  }
  const args = buildArguments(command, asked.parameters);
  const { exe, program, keep } = command;
  const mark = { ...newJobKey(), daemon: store.daemonId };
  const started = { ...(exe !== undefined && { exe }), ...(program !== undefined && { prog: program }) };
  encodeRunJob({ ...mark, ...started, dir: bundle.folder, args, limits: asked.limits, keep });

  const words = [exe ?? program ?? '', ...args];
  const facts = await startedProgram(store, bundle);
  for (const machine of machines) {
    if (asked.limits.limitSeconds === 0 && goesDown(machine)) throw limitNeeded(machine.name);
    checkWords(words, commandLineFacts(platformOf(platformIdOf(machine)), facts), machine.name);
  }
}

const limitNeeded = (machine: string): DomainError =>
  new DomainError(
    'LIMIT_NEEDED',
    `${machine} does one thing at a time and cannot be reached during a run; say how long the run may take`,
  );

/** What is known of the file that is started. */
async function startedProgram(
  store: Pick<Store, 'artifacts'>,
  { command, files }: Bundle,
): Promise<{ format?: string; isBatch: boolean }> {
  const file = files.find(({ name }) => name === command?.exe);
  const format = file && (await store.artifacts.get(file.sha256))?.facts['format'];
  return {
    ...(typeof format === 'string' && { format }),
    isBatch: /\.(BAT|CMD)$/.test(command?.exe ?? ''),
  };
}

function checkWords(words: readonly string[], facts: CommandLineFacts, machine: string): void {
  for (const word of words) {
    const character = facts.refused.split('').find((one) => word.includes(one));
    if (character === undefined) continue;
    throw new DomainError(
      'COMMAND_CHARACTER',
      `an argument has ${JSON.stringify(character)}, which the command line of ${machine} cannot carry`,
    );
  }
  const line = facts.passing === 'quoted-line' ? quotedLine(words) : words.join(' ');
  const bytes = Buffer.byteLength(line);
  if (bytes <= facts.maxChars) return;
  throw new DomainError(
    'COMMAND_TOO_LONG',
    `the command line has ${bytes} bytes; ${machine} takes ${facts.maxChars}`,
  );
}
