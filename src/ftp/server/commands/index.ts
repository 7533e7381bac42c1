import { reply } from '../reply.ts';
import type { Command } from '../visit.ts';
import { wordsOf } from './arguments.ts';
import { dataPortCommands } from './data-ports.ts';
import { fileCommands } from './files.ts';
import { folderCommands } from './folders.ts';
import { informationCommands } from './information.ts';
import { listingCommands } from './listings.ts';
import { loginCommands } from './login.ts';
import { parameterCommands } from './parameters.ts';
import { transferCommands } from './transfers.ts';

const help: Command = {
  help: 'HELP [command]',
  isOpen: true,
  run(_visit, argument) {
    const verb = wordsOf(argument).toUpperCase();
    if (verb === '') return reply(214, ['Commands:', ...verbLines(), 'That is all.']);
    const command = findCommand(verb);
    return command === undefined
      ? reply(502, 'There is no such command here.')
      : reply(214, `Syntax: ${command.help}`);
  },
};

const commands: ReadonlyMap<string, Command> = new Map(
  Object.entries({
    ...loginCommands,
    ...informationCommands,
    HELP: help,
    ...parameterCommands,
    ...dataPortCommands,
    ...folderCommands,
    ...fileCommands,
    ...listingCommands,
    ...transferCommands,
  }),
);

const verbsPerLine = 10;

function verbLines(): string[] {
  const verbs = [...commands.keys()].toSorted();
  const starts = verbs.map((_, index) => index).filter((index) => index % verbsPerLine === 0);
  return starts.map((start) => verbs.slice(start, start + verbsPerLine).join(' '));
}

/** By the verb in upper case. */
export const findCommand = (verb: string): Command | undefined => commands.get(verb);
