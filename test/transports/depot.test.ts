import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FtpServer } from '../../src/ftp/server/server.ts';
import { Depot } from '../../src/transports/depot/depot.ts';
import { readSentName, readSpoolPath } from '../../src/transports/depot/names.ts';
import { tidyBatch } from '../../src/transports/depot/work-lists.ts';
import type { Link } from '../../src/transports/transport.ts';
import { FtpTalk } from '../support/ftp-talk.ts';
import { ftpTarget } from '../support/ftp-target.ts';
import { TestClock } from '../support/test-clock.ts';
import { waitFor } from '../support/wait-for.ts';

const machineId = 'ABCDEF0123456789';
const ownId = Buffer.from('the right one');
const job = '0A1B2C3D';
const periodMs = 10_000;
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

const isOwnId = (_: string, bytes: Uint8Array): boolean => ownId.equals(bytes);

/** Ends in this test are lists of names and sizes. */
function promisedBy(_: string, end: Uint8Array): ReadonlyMap<string, number> | undefined {
  const [first, ...names] = Buffer.from(end).toString('latin1').split(' ');
  if (first !== 'end') return undefined;
  return new Map(names.map((one) => [one.slice(0, 12), Number(one.slice(13))]));
}

function* brokenSource(): Generator<Buffer> {
  yield bytesOf('half');
  throw new Error('the disk broke');
}

/** A depot behind its real FTP server, and the talk of a machine with it. */
class Scene {
  readonly clock = new TestClock();
  readonly folder = mkdtempSync(join(tmpdir(), 'fleet98-boxes-'));
  depot = this.#depot();
  #server: FtpServer | undefined;

  static async open(): Promise<Scene> {
    const scene = new Scene();
    const server = await FtpServer.listen({
      host: '127.0.0.1',
      port: 0,
      limits: { closeWaitMs: 500 },
      login: ({ address }) => scene.depot.welcome(machineId, address, [{ name: 'AGENT.EXE', bytes: ownId }]),
    });
    scene.#server = server;
    onTestFinished(async () => {
      await server.close();
      await scene.depot.close();
      rmSync(scene.folder, { recursive: true, force: true });
    });
    return scene;
  }

  #depot(): Depot {
    return new Depot({
      folder: this.folder,
      clock: this.clock,
      periodMs,
      isOwnId,
      promisedBy,
      idFile: () => ownId,
    });
  }

  /** As after the end of one daemon and the start of the next. */
  async restart(): Promise<void> {
    await this.depot.close();
    this.depot = this.#depot();
  }

  get port(): number {
    return this.#server?.port ?? 0;
  }

  async login(from = '127.0.0.1'): Promise<Machine> {
    const { talk } = await FtpTalk.open(this.port, from);
    await talk.ask('USER m-1');
    await talk.ask('PASS secret');
    return new Machine(talk, from);
  }

  /** A machine that has said who it is. */
  async arrive(id: Buffer = ownId, from = '127.0.0.1'): Promise<Machine> {
    const machine = await this.login(from);
    expect(await machine.put('MACHINE.ID', id)).toMatch(/^226/);
    return machine;
  }

  /** A link after a first visit. */
  async link(): Promise<Link> {
    const machine = await this.arrive();
    await machine.names('/IN');
    await machine.leave();
    return this.open();
  }

  async open(): Promise<Link> {
    const link = await this.depot.open(
      { ...ftpTarget(1), machineId, transport: 'depot' },
      new AbortController().signal,
    );
    onTestFinished(() => link.close());
    return link;
  }
}

/** What scripts on a machine do. */
class Machine {
  readonly talk: FtpTalk;
  readonly #from: string;

  constructor(talk: FtpTalk, from: string) {
    this.talk = talk;
    this.#from = from;
  }

  put(name: string, bytes: Buffer): Promise<string> {
    return this.talk.put(`STOR /OUT/${name}`, bytes, this.#from);
  }

  async names(folder: string): Promise<string[]> {
    const text = await this.talk.get(`NLST ${folder}`, this.#from);
    return text.split('\r\n').flatMap((line) => (line === '' ? [] : [posix.basename(line)]));
  }

  /** The bytes, or the refusal. */
  get(path: string): Promise<string> {
    return this.talk.get(`RETR ${path}`, this.#from);
  }

  /** A transfer whose data connection breaks after the first bytes. */
  async breakOff(command: string, bytes?: Buffer): Promise<void> {
    const data = await this.talk.passive();
    await this.talk.ask(command);
    if (bytes) {
      data.write(bytes);
      // A reset that comes together with bytes looks like an end.
      const came = ` ${bytes.length} bytes`;
      await waitFor('the bytes', async () => (await this.talk.ask('STAT')).includes(came));
    } else await once(data, 'data');
    data.resetAndDestroy();
    expect(await this.talk.answer()).toMatch(/^4/);
  }

  /** Has told all that it had to tell. */
  async report(): Promise<void> {
    await this.names('/IN');
  }

  async leave(): Promise<void> {
    await this.talk.ask('QUIT');
    await this.talk[Symbol.asyncDispose]();
  }
}

async function deliver(link: Link, id = job): Promise<void> {
  await link.write(`IN/${id}.TMP`, bytesOf('an order'));
  await link.rename(`IN/${id}.TMP`, `IN/${id}.JOB`);
}

describe('who comes', () => {
  test('sees nothing and leaves nothing before it has shown its id', async () => {
    const scene = await Scene.open();
    const link = await scene.link();
    await deliver(link);
    const stranger = await scene.login();
    await stranger.put('MACHINE.ID', bytesOf('another one'));
    expect(await stranger.names('/IN')).toEqual(['STAGE']);
    expect(await stranger.get(`/IN/${job}.JOB`)).toMatch(/^550/);
    expect(await stranger.put(`${job}.LOG`, bytesOf('x'))).toMatch(/^5/);
    expect(await stranger.names('/AGENT')).toEqual(['AGENT.EXE']);
  });

  test('is told from another machine by the id that it showed last', async () => {
    const scene = await Scene.open();
    const link = await scene.link();
    expect(await link.read('MACHINE.ID', { maxBytes: 100 })).toEqual(ownId);
    const other = await scene.arrive(bytesOf('another one'));
    await other.leave();
    expect(await link.read('MACHINE.ID', { maxBytes: 100 })).toEqual(bytesOf('another one'));
  });

  test('a machine that was just registered is waited for, however long the daemon runs', async () => {
    const scene = await Scene.open();
    scene.clock.monotonicOffsetMs += 100 * periodMs;
    const opened = scene.open();
    const machine = await scene.arrive();
    await machine.report();
    await expect(opened).resolves.toMatchObject({ isOpen: true });
  });

  test('one that brings results without an id is asked for it, and welcome once it shows it', async () => {
    const scene = await Scene.open();
    const machine = await scene.login();
    expect(await machine.put(`${job}.LOG`, bytesOf('x'))).toMatch(/^5/);
    await expect(scene.open()).rejects.toMatchObject({ code: 'ID_MISSING' });
    await machine.put('MACHINE.ID', ownId);
    await machine.report();
    await expect(scene.open()).resolves.toMatchObject({ isOpen: true });
  });

  test('who does not come for three times is unreachable, and so is what waits for it', async () => {
    const scene = await Scene.open();
    const link = await scene.link();
    const waiting = link.upload('STAGE/AAAAAAAA.BBB', () => [bytesOf('file')], { size: 4 });
    scene.clock.monotonicOffsetMs += 3 * periodMs + 1;
    await expect(waiting).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect(link.size('MACHINE.ID')).rejects.toMatchObject({ code: 'LINK_LOST' });
    await expect(scene.open()).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});

describe('one machine, or two', () => {
  test('with a new address it is let in once the old one has stayed silent', async () => {
    const scene = await Scene.open();
    const link = await scene.link();
    await deliver(link);
    const moved = () => scene.arrive(ownId, '127.0.0.2');
    expect(await (await moved()).names('/IN')).toEqual(['STAGE']);
    scene.clock.wallOffsetMs += 2 * periodMs;
    expect(await (await moved()).names('/IN')).toContain(`${job}.JOB`);
    expect(await link.size(`IN/${job}.JOB`)).toBe(8);
  });

  test('a copied disk gets nothing, and both are named, also over a restart, until one of them stays away', async () => {
    const scene = await Scene.open();
    const link = await scene.link();
    await deliver(link);
    await scene.restart();
    const copy = await scene.arrive(ownId, '127.0.0.2');
    expect(await copy.names('/IN')).toEqual(['STAGE']);
    expect(await copy.put(`${job}.LOG`, bytesOf('x'))).toMatch(/^5/);
    const first = await scene.arrive();
    expect(await first.names('/IN')).toEqual(['STAGE']);
    await expect(scene.open()).rejects.toMatchObject({
      code: 'WRONG_MACHINE',
      message: expect.stringMatching(/127\.0\.0\.1 and from 127\.0\.0\.2/),
    });
    scene.clock.wallOffsetMs += 2 * periodMs;
    expect(await (await scene.arrive()).names('/IN')).toContain(`${job}.JOB`);
    await expect(scene.open()).resolves.toMatchObject({ isOpen: true });
  });
});

describe('files for the machine', () => {
  test('arrive when they were fetched whole, not before', async () => {
    const scene = await Scene.open();
    const link = await scene.link();
    let isThere = false;
    const size = 3_000_000;
    const content = Buffer.alloc(size, 7);
    const open = (from: number) => [content.subarray(from)];
    const sent = link.upload('STAGE/AAAAAAAA.BBB', open, { size }).then(() => (isThere = true));
    const cut = await scene.arrive();
    expect(await cut.names('/IN/STAGE')).toEqual(['AAAAAAAA.BBB']);
    await cut.breakOff('RETR /IN/STAGE/AAAAAAAA.BBB');
    const again = await scene.arrive();
    expect(isThere).toBe(false);
    expect(await link.size('STAGE/AAAAAAAA.BBB')).toBeUndefined();
    expect(await again.get('/IN/STAGE/AAAAAAAA.BBB')).toBe(content.toString('latin1'));
    await sent;
    expect(await link.size('STAGE/AAAAAAAA.BBB')).toBe(size);
    expect(await again.names('/IN/STAGE')).toEqual([]);
    await scene.restart();
    await scene.link();
    expect(await (await scene.open()).size('STAGE/AAAAAAAA.BBB')).toBe(size);
  });

  test('whose source fails are told of, and not offered any more', async () => {
    const scene = await Scene.open();
    const link = await scene.link();
    const sent = link.upload('STAGE/AAAAAAAA.BBB', brokenSource, { size: 8 });
    const failed = expect(sent).rejects.toMatchObject({ code: 'BUG' });
    const machine = await scene.arrive();
    await machine.get('/IN/STAGE/AAAAAAAA.BBB');
    await failed;
    expect(await machine.names('/IN/STAGE')).toEqual([]);
  });
});

describe('an order', () => {
  test('is taken back for certain before it was fetched, never after', async () => {
    const scene = await Scene.open();
    const link = await scene.link();
    await deliver(link);
    expect(await link.size(`IN/${job}.JOB`)).toBe(8);
    expect(await link.remove(`IN/${job}.JOB`)).toBe(true);
    await deliver(link);
    const machine = await scene.arrive();
    expect(await machine.get(`/IN/${job}.JOB`)).toBe('an order');
    expect(await link.remove(`IN/${job}.JOB`)).toBe(false);
    expect(await link.size(`RUN/${job}.RUN`)).toBe(8);
    expect(await machine.get(`/IN/${job}.JOB`)).toMatch(/^550/);
  });

  test('that was begun to be fetched is not promised to be nowhere', async () => {
    const scene = await Scene.open();
    const link = await scene.link();
    await deliver(link);
    const machine = await scene.arrive();
    await machine.breakOff(`RETR /IN/${job}.JOB`);
    expect(await link.remove(`IN/${job}.JOB`)).toBe(false);
    const later = await scene.arrive();
    await later.report();
    expect(await link.size(`RUN/${job}.RUN`)).toBeUndefined();
    expect(await link.size(`IN/${job}.JOB`)).toBeUndefined();
  });

  test('counts as begun until the machine reports without it; one that moves is found', async () => {
    const scene = await Scene.open();
    const link = await scene.link();
    await deliver(link);
    const first = await scene.arrive();
    await first.get(`/IN/${job}.JOB`);
    await first.report();
    expect(await link.size(`RUN/${job}.RUN`)).toBe(8);
    const second = await scene.arrive();
    await second.put(`${job}.JOB`, bytesOf('an order'));
    await second.report();
    expect(await link.size(`IN/${job}.JOB`)).toBe(8);
    expect(await link.size(`RUN/${job}.RUN`)).toBeUndefined();
    const third = await scene.arrive();
    await third.put(`${job}.RUN`, bytesOf('an order'));
    await third.report();
    expect(await link.size(`RUN/${job}.RUN`)).toBe(8);
    await scene.restart();
    await scene.link();
    const anew = await scene.open();
    expect(await anew.size(`RUN/${job}.RUN`)).toBeUndefined();
    expect(await anew.size(`IN/${job}.JOB`)).toBeUndefined();
  });
});

describe('results', () => {
  test('an end is believed when all that was sent with it has come whole', async () => {
    const scene = await Scene.open();
    const link = await scene.link();
    const spoilt = await scene.arrive();
    await spoilt.put(`${job}.END`, bytesOf('end'));
    await spoilt.breakOff(`STOR /OUT/${job}.LOG`, bytesOf('half a l'));
    await spoilt.report();
    expect(await link.size(`OUT/${job}.END`)).toBeUndefined();
    const whole = await scene.arrive();
    await whole.put(`${job}.END`, bytesOf('end'));
    expect(await link.size(`OUT/${job}.END`)).toBeUndefined();
    await whole.put(`${job}.LOG`, bytesOf('half a loaf'));
    await whole.report();
    expect(await link.read(`OUT/${job}.END`, { maxBytes: 100 })).toEqual(bytesOf('end'));
    expect(await link.read(`OUT/${job}.LOG`, { fromByte: 7, maxBytes: 100 })).toEqual(bytesOf('loaf'));
  });

  test('an end is not believed while it or what it promises is cut, unless that stays so', async () => {
    const scene = await Scene.open();
    let link = await scene.link();
    const visit = async (...files: readonly [string, string][]): Promise<void> => {
      const machine = await scene.arrive();
      for (const [name, text] of files) await machine.put(name, bytesOf(text));
      await machine.report();
      await machine.leave();
    };
    const isSeen = async (): Promise<boolean> => (await link.size(`OUT/${job}.END`)) !== undefined;
    const end = `end ${job}.LOG:5`;
    await visit([`${job}.END`, 'en']);
    expect(await isSeen()).toBe(false);
    await visit([`${job}.END`, end]);
    expect(await isSeen()).toBe(false);
    await visit([`${job}.END`, end], [`${job}.LOG`, 'wo']);
    expect(await isSeen()).toBe(false);
    await scene.restart();
    const opened = scene.open();
    await visit([`${job}.END`, end], [`${job}.LOG`, 'wor']);
    link = await opened;
    expect(await isSeen()).toBe(false);
    await visit([`${job}.END`, end], [`${job}.LOG`, 'wor']);
    expect(await isSeen()).toBe(true);
  });

  test('that are safe here are deleted there, also after a restart, and not taken again', async () => {
    const scene = await Scene.open();
    const link = await scene.link();
    const machine = await scene.arrive();
    await machine.put(`${job}.END`, bytesOf('end'));
    await machine.put(`${job}.LOG`, bytesOf('words'));
    await machine.report();
    expect(await link.remove(`OUT/${job}.LOG`)).toBe(true);
    expect(await link.remove(`OUT/${job}.END`)).toBe(true);
    expect(await link.remove(`OUT/${job}.END`)).toBe(false);
    const lines = ['@ECHO OFF', `CALL DROP ${job} LOG`, `CALL DROP ${job} END`, 'REM end', ''];
    expect(await machine.get('/IN/TIDY.BAT')).toBe(lines.join('\r\n'));
    expect(await machine.get('/IN/LIST.TXT')).toBe(`drop ${job}.LOG\ndrop ${job}.END\nend\n`);
    await scene.restart();
    // It could not delete one.
    const again = await scene.arrive();
    expect(await again.put(`${job}.LOG`, bytesOf('words'))).toMatch(/^5/);
    await again.report();
    expect(await again.get('/IN/LIST.TXT')).toBe(`drop ${job}.LOG\nend\n`);
    const last = await scene.arrive();
    await last.report();
    expect(await last.get('/IN/LIST.TXT')).toBe('end\n');
  });

  test('of other names, in other places, or too large are refused', async () => {
    const scene = await Scene.open();
    const machine = await scene.arrive();
    for (const name of ['X.LOG', `${job}.EXE`, 'BOX.JSON', '../BOX.JSON', `${job}.K0`]) {
      expect(await machine.put(name, bytesOf('x'))).toMatch(/^5/);
    }
    for (const path of [`/${job}.LOG`, `/IN/${job}.LOG`, '/AGENT/AGENT.EXE', `/IN/STAGE/${job}.LOG`]) {
      expect(await machine.talk.put(`STOR ${path}`, bytesOf('x'))).toMatch(/^5/);
    }
    expect(await machine.put('AGENT.NFO', Buffer.alloc(20_000))).toMatch(/^5/);
    for (const line of [`DELE /OUT/${job}.LOG`, 'MKD /NEW', 'RMD /IN', `RNFR /OUT/${job}.LOG`]) {
      expect(await machine.talk.ask(line)).toMatch(/^5/);
    }
  });

  test('a link does not write anywhere else on the machine', async () => {
    const scene = await Scene.open();
    const link = await scene.link();
    for (const path of ['MACHINE.ID', 'B/12345678/BUNDLE.OK', 'AGENT.INI', 'OUT/0A1B2C3D.END']) {
      await expect(link.write(path, bytesOf('x'))).rejects.toMatchObject({ code: 'WRITE_REFUSED' });
    }
    expect(await link.size('B/12345678/BUNDLE.OK')).toBeUndefined();
    expect(await link.remove('MACHINE.ID')).toBe(false);
  });
});

describe('what names mean', () => {
  test('any name and any path is understood or refused, nothing throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        readSentName(text);
        readSpoolPath(text);
      }),
    );
  });

  test('TIDY.BAT deletes nothing else wherever it is cut', () => {
    const id = fc.stringMatching(/^[0-9A-F]{8}$/);
    const name = fc.tuple(id, fc.constantFrom('LOG', 'END', 'K1')).map((parts) => parts.join('.'));
    fc.assert(
      fc.property(fc.array(name), fc.nat(), (names, at) => {
        const batch = String(tidyBatch(names));
        for (const line of batch.slice(0, at % (batch.length + 1)).split(/\r\n?/)) {
          const [command = '', called = '', ...words] = line.split(' ');
          const isHarmless = !'CALL'.startsWith(command) || !'DROP'.startsWith(called) || words.length < 2;
          expect(isHarmless || names.some((one) => one.startsWith(words.join('.')))).toBe(true);
          expect(line).not.toMatch(/\bDEL\b/);
        }
      }),
    );
  });
});
