import { reply } from '../reply.ts';
import type { Command } from '../visit.ts';

/** What a client may ask about the server. */
export const informationCommands: Readonly<Record<string, Command>> = {
  SYST: { help: 'SYST', isOpen: true, run: () => reply(215, 'UNIX Type: L8') },
  FEAT: {
    help: 'FEAT',
    isOpen: true,
    run: () =>
      reply(211, ['Features:', 'EPRT', 'EPSV', 'MDTM', 'REST STREAM', 'SIZE', 'TVFS', 'UTF8', 'End.']),
  },
  NOOP: { help: 'NOOP', isOpen: true, run: () => reply(200, 'Still here.') },
  // A transfer under way is ended as soon as ABOR comes; this is the answer when its turn has come.
  ABOR: {
    help: 'ABOR',
    run(visit) {
      visit.setWay(undefined);
      return reply(226, 'Nothing is under way any more.');
    },
  },
  SITE: { help: 'SITE', run: () => reply(502, 'There are no SITE commands here.') },
};
