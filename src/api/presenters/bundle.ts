import type { Bundle as BundleAnswer, Parameter as ParameterAnswer } from '../../contract/bundles.ts';
import type { Argument, Bundle, Command } from '../../domain/bundle.ts';
import { defined } from '../defined.ts';
import { isoTime } from './time.ts';

/** How a bundle version is named wherever one is meant. */
export const bundleReference = (name: string, version: number): string => `${name}@${version}`;

function presentArgument(argument: Argument): string | ParameterAnswer {
  if (typeof argument === 'string') return argument;
  return argument.type === 'choice' ? { ...argument, choices: [...argument.choices] } : argument;
}

const presentCommand = ({ exe, program, args, keep }: Command): BundleAnswer['command'] =>
  defined({ exe, program, args: args.map(presentArgument), keep: [...keep] });

export function presentBundle(bundle: Bundle): BundleAnswer {
  const { name, version, hash, folder, files, command, engine, createdAtMs } = bundle;
  return defined({
    reference: bundleReference(name, version),
    name,
    version,
    hash,
    folder,
    files: files.map((file) => ({ ...file })),
    command: command && presentCommand(command),
    engine,
    createdAt: isoTime(createdAtMs),
  });
}
