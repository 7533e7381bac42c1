import type { Command, Parameter, ParameterValues } from './bundle.ts';
import { DomainError } from './errors.ts';
import { checkFileName } from './file-names.ts';

const MAX_ARGUMENTS = 64;
const MAX_KEPT_FILES = 9;
const MAX_CHOICES = 64;
const MAX_WORD_BYTES = 4_096;
const MAX_PROGRAM_BYTES = 128;
/** Beyond, a double no longer holds every whole number and would be written with an exponent. */
const MAX_NUMBER = 1e15;

const sizeInBytes = (text: string): number => new TextEncoder().encode(text).length;

const invalid = (name: string, takes: string, given: string): DomainError =>
  new DomainError('PARAMETER_INVALID', `parameter '${name}' takes ${takes}, and was given ${given}`);

function quoted(value: unknown): string {
  if (typeof value === 'string') return `the text "${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
  return typeof value === 'number' ? `the number ${value}` : `a value of type ${typeof value}`;
}

/** A number in plain decimal digits: the programs of old machines read no exponent. */
function plainNumber(value: number): string {
  const text = String(value);
  const parts = /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(text);
  if (!parts) return text;
  const [, sign = '', first = '', rest = '', exponent = ''] = parts;
  return `${sign}0.${'0'.repeat(Number(exponent) - 1)}${first}${rest}`;
}

function renderNumber(parameter: Extract<Parameter, { type: 'integer' | 'number' }>, value: unknown): string {
  const { name, type, min, max } = parameter;
  const range = `${min === undefined ? '' : ` from ${min}`}${max === undefined ? '' : ` up to ${max}`}`;
  const takes = `${type === 'integer' ? 'a whole number' : 'a number'}${range}`;
  // A command line knows only text, so plain digits are as good as a number.
  const isDigits = typeof value === 'string' && /^-?\d{1,16}(\.\d{1,20})?$/.test(value);
  const number = isDigits ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw invalid(name, takes, quoted(value));
  const isWrongKind = type === 'integer' && !Number.isInteger(number);
  const isOutside = number < (min ?? -MAX_NUMBER) || number > (max ?? MAX_NUMBER);
  if (isWrongKind || isOutside || Math.abs(number) > MAX_NUMBER) throw invalid(name, takes, quoted(value));
  return plainNumber(number);
}

function renderText(parameter: Extract<Parameter, { type: 'text' }>, value: unknown): string {
  const { name, maxLength } = parameter;
  const takes = maxLength === undefined ? 'text' : `text of at most ${maxLength} bytes`;
  if (typeof value !== 'string') throw invalid(name, takes, quoted(value));
  if (value.includes('\0')) throw invalid(name, `${takes} without NUL`, 'a NUL');
  if (/\p{Surrogate}/u.test(value)) throw invalid(name, `${takes} in whole characters`, 'half of one');
  const sizeBytes = sizeInBytes(value);
  if (maxLength !== undefined && sizeBytes > maxLength) throw invalid(name, takes, `${sizeBytes} bytes`);
  return value;
}

function renderChoice(parameter: Extract<Parameter, { type: 'choice' }>, value: unknown): string {
  const { name, choices } = parameter;
  if (typeof value === 'string' && choices.includes(value)) return value;
  throw invalid(name, `one of ${choices.join(', ')}`, quoted(value));
}

/** The value as it stands on the command line. Throws PARAMETER_INVALID. */
function render(parameter: Parameter, value: unknown): string {
  if (parameter.type === 'text') return renderText(parameter, value);
  if (parameter.type === 'choice') return renderChoice(parameter, value);
  return renderNumber(parameter, value);
}

const parametersOf = (command: Command): Parameter[] =>
  command.args.filter((argument): argument is Parameter => typeof argument !== 'string');

/**
 * The arguments of a run, in the order of the command. Throws PARAMETER_UNKNOWN, and PARAMETER_INVALID for a value of
 * the wrong type or a required one that is missing.
 */
export function buildArguments(command: Command, values: ParameterValues): string[] {
  const known = parametersOf(command).map((parameter) => parameter.name);
  const unknown = Object.keys(values).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const list = known.length > 0 ? `its parameters are ${known.join(', ')}` : 'it takes no parameters';
    throw new DomainError('PARAMETER_UNKNOWN', `the bundle has no parameter '${unknown}'; ${list}`);
  }
  return command.args.flatMap((argument) => {
    if (typeof argument === 'string') return [argument];
    const value = Object.hasOwn(values, argument.name) ? values[argument.name] : argument.default;
    if (value === undefined) {
      if (argument.required !== true) return [];
      throw new DomainError(
        'PARAMETER_INVALID',
        `parameter '${argument.name}' is required, and was not given`,
      );
    }
    const word = render(argument, value);
    return argument.flag === undefined ? [word] : [argument.flag, word];
  });
}

/** A word as the C runtime of Windows and DOS reads it back from a command line. */
function quotedWord(word: string): string {
  if (word !== '' && !/[\s"]/.test(word)) return word;
  // Backslashes count only before a quote, and then double.
  return `"${word.replace(/(\\*)("|$)/g, (_, slashes: string, quote: string) => {
    return slashes + slashes + (quote === '"' ? '\\"' : '');
  })}"`;
}

/** Program and arguments as the one line that Windows and DOS hand to a program. */
export const quotedLine = (words: readonly string[]): string => words.map(quotedWord).join(' ');

const refuse = (detail: string): DomainError => new DomainError('INVALID_REQUEST', detail);

function checkWord(word: string, what: string, maxBytes: number): void {
  if (word.includes('\0')) throw refuse(`${what} has a NUL in it`);
  if (sizeInBytes(word) > maxBytes) throw refuse(`${what} is longer than ${maxBytes} bytes`);
}

function checkBounds(parameter: Parameter): void {
  const { name } = parameter;
  if (parameter.type === 'choice') {
    const { choices } = parameter;
    if (choices.length === 0 || choices.length > MAX_CHOICES || new Set(choices).size !== choices.length) {
      throw refuse(`parameter '${name}' needs 1 to ${MAX_CHOICES} different choices`);
    }
    for (const choice of choices) checkWord(choice, `a choice of parameter '${name}'`, MAX_WORD_BYTES);
  } else if (parameter.type === 'text') {
    const { maxLength } = parameter;
    if (maxLength !== undefined && (!Number.isInteger(maxLength) || maxLength < 1)) {
      throw refuse(`maxLength of parameter '${name}' must be a whole number of bytes, 1 or more`);
    }
  } else if ((parameter.min ?? -Infinity) > (parameter.max ?? Infinity)) {
    throw refuse(`parameter '${name}' has a min above its max`);
  }
}

function checkParameter(parameter: Parameter): void {
  const { name, flag } = parameter;
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,31}$/.test(name)) {
    throw refuse('the name of a parameter is a letter and up to 31 letters, digits, _ or -');
  }
  if (flag === '') throw refuse(`the flag of parameter '${name}' is empty; leave it out instead`);
  if (flag !== undefined) checkWord(flag, `the flag of parameter '${name}'`, MAX_PROGRAM_BYTES);
  checkBounds(parameter);
  if (parameter.default === undefined) return;
  try {
    render(parameter, parameter.default);
  } catch (error) {
    const detail = error instanceof DomainError ? error.message : 'it cannot be written';
    throw new DomainError('INVALID_REQUEST', `the default of a parameter is not valid: ${detail}`, {
      cause: error,
    });
  }
}

function checkSpoolName(name: string): void {
  const checked = checkFileName(name);
  if (!checked.ok) throw new DomainError('NAME_NOT_8_3', checked.why);
}

/**
 * Checks the command of a new bundle by itself; whether its files exist is not looked at. Throws INVALID_REQUEST, and
 * NAME_NOT_8_3 for the names of exe and keep.
 */
export function checkCommand(command: Command): void {
  const { exe, program, args, keep } = command;
  if ((exe === undefined) === (program === undefined)) {
    throw refuse(
      'a command needs exactly one of exe (a file of the bundle) and program (one of the machine)',
    );
  }
  if (exe !== undefined) checkSpoolName(exe);
  if (program === '') throw refuse('the program to start has no name');
  if (program !== undefined) checkWord(program, 'the program to start', MAX_PROGRAM_BYTES);
  const parameters = parametersOf(command);
  const count = args.length + parameters.filter((parameter) => parameter.flag !== undefined).length;
  if (count > MAX_ARGUMENTS) throw refuse(`${count} arguments are too many, ${MAX_ARGUMENTS} can be sent`);
  for (const argument of args) {
    if (typeof argument === 'string') checkWord(argument, 'an argument', MAX_WORD_BYTES);
    else checkParameter(argument);
  }
  const names = parameters.map((parameter) => parameter.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw refuse(`there are two parameters '${twice}'`);
  if (keep.length > MAX_KEPT_FILES || new Set(keep).size !== keep.length) {
    throw refuse(`keep takes at most ${MAX_KEPT_FILES} different files`);
  }
  for (const name of keep) checkSpoolName(name);
}
