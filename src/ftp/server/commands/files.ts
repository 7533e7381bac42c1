import { stamp } from '../listing.ts';
import { findPlace, placePath } from '../lookup.ts';
import { reply } from '../reply.ts';
import { ViewRefusal } from '../view.ts';
import type { Command } from '../visit.ts';
import { newPathOf, pathOf, viewOf } from './arguments.ts';

export const fileCommands: Readonly<Record<string, Command>> = {
  SIZE: {
    help: 'SIZE file',
    async run(visit, argument) {
      const view = viewOf(visit);
      const place = await findPlace(view, pathOf(visit, argument));
      if (place.entry?.kind === 'folder') throw new ViewRefusal('not-a-file');
      // Of a broken upload the size is what its client has to know to go on.
      const size = place.entry?.size ?? (await view.keptSize(placePath(place)));
      if (size === undefined) throw new ViewRefusal('missing');
      return reply(213, String(size));
    },
  },
  MDTM: {
    help: 'MDTM file',
    async run(visit, argument) {
      const { entry } = await findPlace(viewOf(visit), pathOf(visit, argument));
      if (entry === undefined) throw new ViewRefusal('missing');
      if (entry.kind === 'folder') throw new ViewRefusal('not-a-file');
      return reply(213, stamp(entry.modifiedMs));
    },
  },
  DELE: {
    help: 'DELE file',
    async run(visit, argument) {
      const view = viewOf(visit);
      const place = await findPlace(view, pathOf(visit, argument));
      if (place.entry?.kind === 'folder') throw new ViewRefusal('not-a-file');
      await view.remove(placePath(place));
      return reply(250, 'The file is gone.');
    },
  },
  RNFR: {
    help: 'RNFR old',
    async run(visit, argument) {
      const place = await findPlace(viewOf(visit), pathOf(visit, argument));
      if (place.entry === undefined) throw new ViewRefusal('missing');
      if (place.name === '') return reply(550, 'The root stays.');
      visit.state.renameFrom = placePath(place);
      return reply(350, 'Now the new name.');
    },
  },
  RNTO: {
    help: 'RNTO new',
    keeps: 'rename',
    async run(visit, argument) {
      const from = visit.state.renameFrom;
      visit.state.renameFrom = undefined;
      if (from === undefined) return reply(503, 'RNFR comes first.');
      const view = viewOf(visit);
      const said = newPathOf(visit, argument);
      const place = await findPlace(view, said);
      const isItself = placePath(place).join('/') === from.join('/');
      if (place.entry !== undefined && !isItself) throw new ViewRefusal('exists');
      // Onto itself in other letters: the new spelling is what was asked for.
      const name = said.at(-1) ?? '';
      await view.rename(from, isItself ? [...place.folder, name] : placePath(place));
      return reply(250, 'The name is changed.');
    },
  },
};
