import { findFolder, findPlace, placePath } from '../lookup.ts';
import { reply } from '../reply.ts';
import type { Reply } from '../reply.ts';
import { ViewRefusal } from '../view.ts';
import type { ViewPath } from '../view.ts';
import type { Command, Visit } from '../visit.ts';
import { newPathOf, pathOf, quoted, viewOf } from './arguments.ts';

const pwd: Command = {
  help: 'PWD',
  run: async (visit) => reply(257, `${await quoted(visit, visit.state.folder)} is the folder.`),
};

const cwd: Command = {
  help: 'CWD folder',
  run: (visit, argument) => enter(visit, pathOf(visit, argument)),
};

const cdup: Command = {
  help: 'CDUP',
  run: (visit) => enter(visit, visit.state.folder.slice(0, -1)),
};

const mkd: Command = {
  help: 'MKD folder',
  async run(visit, argument) {
    const view = viewOf(visit);
    const place = await findPlace(view, newPathOf(visit, argument));
    if (place.entry !== undefined) throw new ViewRefusal('exists');
    await view.makeFolder(placePath(place));
    return reply(257, `${await quoted(visit, placePath(place))} is made.`);
  },
};

const rmd: Command = {
  help: 'RMD folder',
  async run(visit, argument) {
    const view = viewOf(visit);
    const folder = await findFolder(view, pathOf(visit, argument));
    if (folder.length === 0) return reply(550, 'The root stays.');
    await view.removeFolder(folder);
    return reply(250, 'The folder is gone.');
  },
};

async function enter(visit: Visit, path: ViewPath): Promise<Reply> {
  visit.state.folder = await findFolder(viewOf(visit), path);
  return reply(250, `${await quoted(visit, visit.state.folder)} is the folder now.`);
}

/** With the older names, which ftp.exe still says. */
export const folderCommands: Readonly<Record<string, Command>> = {
  PWD: pwd,
  XPWD: pwd,
  CWD: cwd,
  XCWD: cwd,
  CDUP: cdup,
  XCUP: cdup,
  MKD: mkd,
  XMKD: mkd,
  RMD: rmd,
  XRMD: rmd,
};
