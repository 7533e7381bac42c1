import { reply } from '../reply.ts';
import type { Command } from '../visit.ts';
import { wordsOf } from './arguments.ts';

/** Modes that change nothing: bytes travel as they are, whatever a client chooses. */
export const parameterCommands: Readonly<Record<string, Command>> = {
  TYPE: {
    help: 'TYPE A | I | L 8',
    keeps: 'rest',
    run(visit, argument) {
      const type = wordsOf(argument).toUpperCase();
      if (/^A( +N)?$/.test(type)) visit.state.type = 'A';
      else if (/^(I|L *8)$/.test(type)) visit.state.type = 'I';
      else return reply(type === '' ? 501 : 504, 'Types are A, I and L 8.');
      return reply(200, visit.state.type === 'A' ? 'Type A; bytes stay as they are.' : 'Type I.');
    },
  },
  MODE: {
    help: 'MODE S',
    keeps: 'rest',
    run: (_visit, argument) =>
      /^s$/i.test(wordsOf(argument)) ? reply(200, 'Mode S.') : reply(504, 'The only mode is S.'),
  },
  STRU: {
    help: 'STRU F',
    keeps: 'rest',
    run: (_visit, argument) =>
      /^f$/i.test(wordsOf(argument)) ? reply(200, 'Structure F.') : reply(504, 'The only structure is F.'),
  },
  OPTS: {
    help: 'OPTS UTF8 ON | OFF',
    isOpen: true,
    run(visit, argument) {
      const [, switched] = /^UTF-?8(?: +(ON|OFF|NLST))?$/i.exec(wordsOf(argument)) ?? [];
      if (!/^UTF-?8/i.test(wordsOf(argument))) return reply(501, 'The only option is UTF8.');
      visit.state.isUtf8 = switched?.toUpperCase() !== 'OFF';
      return reply(200, `Names are in ${visit.state.isUtf8 ? 'UTF-8' : 'your codepage'}.`);
    },
  },
  ALLO: {
    help: 'ALLO bytes',
    keeps: 'rest',
    run(visit, argument) {
      const [, bytes] = /^(\d{1,15})( +R +\d+)?$/i.exec(wordsOf(argument)) ?? [];
      if (bytes === undefined) return reply(501, 'ALLO needs a number of bytes.');
      visit.state.announcedBytes = Number(bytes);
      return reply(200, 'Noted.');
    },
  },
  REST: {
    help: 'REST offset',
    run(visit, argument) {
      const words = wordsOf(argument);
      if (!/^\d{1,15}$/.test(words)) return reply(501, 'REST needs a number of bytes.');
      visit.state.restAt = Number(words);
      return reply(350, 'The next transfer goes on from there.');
    },
  },
};
