import { randomHex } from '../../../lib/random-id.ts';
import { receiveAll, sendAll } from '../data-stream.ts';
import { findPlace, placePath } from '../lookup.ts';
import { reply } from '../reply.ts';
import type { Reply } from '../reply.ts';
import { runTransfer } from '../run-transfer.ts';
import type { Transfer } from '../transfer.ts';
import type { DownloadEnd, Upload, UploadStart, ViewPath } from '../view.ts';
import { ViewRefusal } from '../view.ts';
import type { Command, Visit } from '../visit.ts';
import { newPathOf, pathOf, viewOf } from './arguments.ts';

export const transferCommands: Readonly<Record<string, Command>> = {
  RETR: { help: 'RETR file', keeps: 'rest', run: retrieve },
  STOR: {
    help: 'STOR file',
    keeps: 'rest',
    run(visit, argument) {
      const start: UploadStart = { kind: 'replace', offset: visit.state.restAt };
      return store(visit, newPathOf(visit, argument), start);
    },
  },
  APPE: {
    help: 'APPE file',
    keeps: 'rest',
    run: (visit, argument) => store(visit, newPathOf(visit, argument), { kind: 'append' }),
  },
  STOU: {
    help: 'STOU',
    keeps: 'rest',
    async run(visit) {
      const name = `U${randomHex(4).slice(1)}`;
      const path = [...visit.state.folder, name];
      return store(visit, path, { kind: 'replace', offset: 0 }, `FILE: ${name}`);
    },
  },
};

const openingWords = ({ state }: Visit): string =>
  `Opening ${state.type === 'A' ? 'ASCII' : 'BINARY'} mode data connection`;

/** The marks for the next transfer, which this is. */
function takeMarks({ state }: Visit): { restAt: number; announcedBytes: number | undefined } {
  const { restAt, announcedBytes } = state;
  state.restAt = 0;
  state.announcedBytes = undefined;
  return { restAt, announcedBytes };
}

async function retrieve(visit: Visit, argument: Buffer): Promise<Reply> {
  const { restAt } = takeMarks(visit);
  const view = viewOf(visit);
  const place = await findPlace(view, pathOf(visit, argument));
  if (place.entry === undefined) throw new ViewRefusal('missing');
  if (place.entry.kind === 'folder') throw new ViewRefusal('not-a-file');
  const download = await view.read(placePath(place), restAt);
  let end: DownloadEnd = 'broken';
  let bytes = 0;
  try {
    return await runTransfer(visit, {
      name: place.name,
      opening: `${openingWords(visit)} (${download.size} bytes).`,
      async work(socket, transfer) {
        try {
          end = await sendAll(socket, download.chunks(), transfer, visit.parts.limits.closeWaitMs);
        } finally {
          bytes = transfer.bytes;
        }
        return reply(226, 'The file is sent.');
      },
    });
  } finally {
    await download.close(end);
    tell(visit, end === 'broken' ? 'transfer-broken' : 'fetched', placePath(place), bytes);
  }
}

async function store(
  visit: Visit,
  path: ViewPath,
  start: UploadStart,
  opening = `${openingWords(visit)}.`,
): Promise<Reply> {
  const { announcedBytes } = takeMarks(visit);
  const view = viewOf(visit);
  const place = await findPlace(view, path);
  if (place.entry?.kind === 'folder') throw new ViewRefusal('not-a-file');
  const upload = await view.upload(placePath(place), start, announcedBytes);
  let isPublished = false;
  let bytes = 0;
  try {
    return await runTransfer(visit, {
      name: place.name,
      opening,
      async work(socket, transfer) {
        try {
          await receiveAll(socket, (chunk) => upload.write(chunk), transfer);
          await finishUpload(upload, transfer);
          isPublished = true;
        } finally {
          bytes = transfer.bytes;
        }
        return reply(226, 'The file is stored.');
      },
    });
  } finally {
    if (!isPublished) await upload.keep();
    tell(visit, isPublished ? 'stored' : 'transfer-broken', placePath(place), bytes);
  }
}

async function finishUpload(upload: Upload, transfer: Transfer): Promise<void> {
  await transfer.ownWork(upload.sync());
  // The system of a client that died ends both its connections: what came may be half a file. One turn of the loop lets
  // the end of the other one be seen.
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  transfer.signal.throwIfAborted();
  await transfer.ownWork(upload.publish());
}

function tell(
  { parts, peer, state }: Visit,
  kind: 'stored' | 'fetched' | 'transfer-broken',
  path: ViewPath,
  bytes: number,
): void {
  parts.observe({ kind, address: peer.address, user: state.user, path: path.join('/'), bytes });
}
