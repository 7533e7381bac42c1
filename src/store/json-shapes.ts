import type { Facts } from '../domain/artifact.ts';
import type { BundleFile, Command, ParameterValues } from '../domain/bundle.ts';
import type { AgentFacts, Machine, MachineServer } from '../domain/machine.ts';
import type { Made } from '../domain/request.ts';
import type { RunEnd, RunFlag, RunLimits } from '../domain/run.ts';
import type { Timing } from '../domain/timing.ts';

/**
 * Guards of the JSON columns. They check the fields that code relies on without asking; the rest was written by this
 * store from the same types.
 */
type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
const areNumbers = (...values: unknown[]): boolean => values.every((value) => typeof value === 'number');
const areTexts = (...values: unknown[]): boolean => values.every((value) => typeof value === 'string');

export const isLabels = (value: unknown): value is Machine['labels'] =>
  isFields(value) && areTexts(...Object.values(value));

export const isMachineServer = (value: unknown): value is MachineServer =>
  isFields(value) && isTexts(value['feat']) && isTexts(value['dataConnections']);

export const isAgentFacts = (value: unknown): value is AgentFacts =>
  isFields(value) && areNumbers(value['boot']) && isTexts(value['kinds']);

export const isLastError = (value: unknown): value is NonNullable<Machine['lastError']> =>
  isFields(value) && areTexts(value['code'], value['detail']) && areNumbers(value['atMs']);

export const isFacts = (value: unknown): value is Facts =>
  isFields(value) &&
  Object.values(value).every((fact) => ['string', 'number', 'boolean'].includes(typeof fact));

export const isBundleFiles = (value: unknown): value is BundleFile[] =>
  Array.isArray(value) &&
  value.every(
    (file) =>
      isFields(file) &&
      areTexts(file['name'], file['sha256'], file['crc32']) &&
      areNumbers(file['sizeBytes']),
  );

export const isCommand = (value: unknown): value is Command =>
  isFields(value) && Array.isArray(value['args']) && isTexts(value['keep']);

export const isParameterValues = (value: unknown): value is ParameterValues =>
  isFields(value) && Object.values(value).every((given) => ['string', 'number'].includes(typeof given));

export const isRunLimits = (value: unknown): value is RunLimits =>
  isFields(value) && areNumbers(value['limitSeconds'], value['quietSeconds'], value['logMaxBytes']);

export const isRunFlags = (value: unknown): value is RunFlag[] => isTexts(value);

export const isRunEnd = (value: unknown): value is RunEnd =>
  isFields(value) && areTexts(value['reason']) && Array.isArray(value['kept']);

export const isTiming = (value: unknown): value is Timing =>
  isFields(value) && Object.values(value).every((figure) => isFields(figure) && areNumbers(figure['value']));

export const isMade = (value: unknown): value is Made =>
  isFields(value) &&
  Object.values(value)
    .flat()
    .every((id) => Number.isSafeInteger(id));
