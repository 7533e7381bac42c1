import { ActiveWay } from '../active-way.ts';
import { parseEprt, parsePort, pasvNumbers, plainAddress } from '../addresses.ts';
import type { Endpoint } from '../addresses.ts';
import { PassiveWay } from '../passive-way.ts';
import { reply } from '../reply.ts';
import type { Reply } from '../reply.ts';
import type { Command, Visit } from '../visit.ts';
import { wordsOf } from './arguments.ts';

/** Ports below belong to services of the client's system; nothing of FTP listens there. */
const firstFreePort = 1024;

/** How a client prepares a data connection. All keep the REST marker: it is for the transfer that they prepare. */
export const dataPortCommands: Readonly<Record<string, Command>> = {
  PASV: { help: 'PASV', keeps: 'rest', run: (visit) => passive(visit) },
  // Some routers rewrite PASV so.
  'P@SW': { help: 'P@SW', keeps: 'rest', run: (visit) => passive(visit) },
  EPSV: {
    help: 'EPSV [1 | 2 | ALL]',
    keeps: 'rest',
    run: (visit, argument) => extendedPassive(visit, wordsOf(argument).toUpperCase()),
  },
  PORT: {
    help: 'PORT h1,h2,h3,h4,p1,p2',
    keeps: 'rest',
    run(visit, argument) {
      const target = parsePort(wordsOf(argument));
      return target === undefined ? reply(501, 'PORT needs six numbers.') : active(visit, target);
    },
  },
  EPRT: {
    help: 'EPRT |family|address|port|',
    keeps: 'rest',
    run(visit, argument) {
      const target = parseEprt(wordsOf(argument));
      if (target === undefined) return reply(501, 'EPRT needs |family|address|port|.');
      if (target === 'other-family') return reply(522, 'Families are (1,2).');
      return active(visit, target);
    },
  },
};

async function passive(visit: Visit): Promise<Reply> {
  if (visit.state.onlyEpsv) return reply(503, 'You said EPSV ALL.');
  const { advertisedAddress } = visit.parts;
  const address = advertisedAddress ?? visit.peer.localAddress;
  if (pasvNumbers({ address, port: 0 }) === undefined) return reply(425, 'Over IPv6 say EPSV.');
  const way = await listen(visit);
  if (way === undefined) return noPort;
  // Some clients read the address from the first digit on, so there is none before it.
  return reply(227, `Entering Passive Mode (${pasvNumbers({ address, port: way.port }) ?? ''}).`);
}

async function extendedPassive(visit: Visit, argument: string): Promise<Reply> {
  if (argument === 'ALL') {
    visit.state.onlyEpsv = true;
    return reply(200, 'Only EPSV from now on.');
  }
  const family = visit.peer.localAddress.includes(':') ? '2' : '1';
  if (argument !== '' && argument !== family) {
    return /^\d+$/.test(argument)
      ? reply(522, `The family here is (${family}).`)
      : reply(501, 'EPSV 1, 2 or ALL.');
  }
  const way = await listen(visit);
  return way === undefined ? noPort : reply(229, `Entering Extended Passive Mode (|||${way.port}|)`);
}

const noPort = reply(425, 'No port is free; try again.');

async function listen(visit: Visit): Promise<PassiveWay | undefined> {
  // The old one goes first: in a narrow range it may hold the last port.
  visit.setWay(undefined);
  const way = await PassiveWay.listen({
    host: visit.peer.bindAddress,
    peer: visit.peer.address,
    ports: visit.parts.passivePorts,
    waitMs: visit.parts.limits.dataWaitMs,
  });
  visit.setWay(way);
  return way;
}

function active(visit: Visit, target: Endpoint): Reply {
  if (visit.state.onlyEpsv) return reply(503, 'You said EPSV ALL.');
  // A third machine would be attacked in our name.
  if (plainAddress(target.address) !== visit.peer.address) return reply(500, 'That is not your own address.');
  if (target.port < firstFreePort) return reply(500, `Ports below ${firstFreePort} are not for data.`);
  visit.setWay(
    new ActiveWay(target, { from: visit.peer.bindAddress, waitMs: visit.parts.limits.dataWaitMs }),
  );
  return reply(200, 'Noted.');
}
