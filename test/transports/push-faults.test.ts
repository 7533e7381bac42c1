import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createPushTransport } from '../../src/transports/push.ts';
import type { Link, LinkTarget } from '../../src/transports/transport.ts';
import { eventually, ftpTarget, quickTuning } from '../support/ftp-target.ts';
import {
  answer227,
  bytewise,
  closeControl,
  passive,
  pieces,
  raw,
  readData,
  resetControl,
  resetData,
  say,
  sendData,
  startData,
  startMockFtp,
  until,
} from '../support/mock-ftp-server.ts';
import type { MockFtpServer, Script, Step } from '../support/mock-ftp-server.ts';

const transport = createPushTransport(quickTuning);
const waits = (replyMs: number, stallMs = 5000) => ({ timeouts: { connectMs: 5000, replyMs, stallMs } });

/** A link to a server that answers the commands of the table with these steps. */
async function faulty(
  table: Readonly<Record<string, readonly Step[]>>,
  test: (link: Link, server: MockFtpServer) => Promise<void>,
  over: Partial<LinkTarget> = {},
): Promise<void> {
  const script: Script = (line) => table[line.split(' ')[0] ?? ''];
  await using server = await startMockFtp({ script, files: { '/FLEET98/A': 'abcdef' } });
  await using link = await transport.open(ftpTarget(server.port, over), AbortSignal.timeout(20_000));
  await test(link, server);
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const read = async (link: Link): Promise<string> => text(await link.read('A', { maxBytes: 100 }));
const five = (link: Link): Promise<void> => link.write('B', Buffer.from('hello'));
const never = until(new Promise<void>(() => {}));

const closedPort: Step = async (session) => {
  const port = await session.openPassive();
  session.closePassive();
  session.control.write(answer227(port));
};

/** 1,080 ms in all, never more than 180 without a byte. */
const slowly: Step = async (session) => {
  const socket = await session.data();
  for (const byte of 'abcdef') {
    socket.write(byte);
    await new Promise((resolve) => setTimeout(resolve, 180));
  }
  socket.end();
};

const late: Step = () => new Promise((resolve) => setTimeout(resolve, 800));

const slow = async function* () {
  for (const part of ['he', 'llo']) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    yield Buffer.from(part);
  }
};

describe('PASV and EPSV', () => {
  const replies: readonly (readonly [string, readonly Step[]])[] = [
    ['a foreign host', [passive((port) => answer227(port, '10,99,99,99'))]],
    ['0,0,0,0', [passive((port) => answer227(port, '0,0,0,0'))]],
    ['blanks', [passive((port) => `227 ok (127, 0, 0, 1, ${port >> 8}, ${port & 255})\r\n`)]],
    ['no brackets', [passive((port) => `227 ok 127,0,0,1,${port >> 8},${port & 255}.\r\n`)]],
    ['two lines', [passive((port) => `227-listen socket created\r\n${answer227(port)}`)]],
    ['a bare LF', [passive((port) => answer227(port).replace('\r', ''))]],
    ['no line end', [passive((port) => answer227(port).trimEnd())]],
    [
      'a line per byte',
      [
        async (session) => {
          const port = await session.openPassive();
          await bytewise(answer227(port))(session);
        },
      ],
    ],
    [
      'a cut inside the numbers',
      [
        async (session) => {
          const line = answer227(await session.openPassive());
          await pieces(line.slice(0, 30), line.slice(30))(session);
        },
      ],
    ],
  ];
  it.each(replies)('PASV with %s', async (_name, steps) => {
    await faulty({ PASV: steps }, async (link, server) => {
      expect(await read(link)).toBe('abcdef');
      expect(server.lines).not.toContain('EPSV');
    });
  });

  it.each([
    ['550 Permission denied.'],
    ['502 what?'],
    ['227 Entering Passive Mode'],
    ['227 (127,0,0,1,0,0)'],
    ['200 ok'],
  ])('EPSV comes after PASV answered "%s", and is then preferred', async (answer) => {
    await faulty({ PASV: [say(answer)] }, async (link, server) => {
      expect(await read(link)).toBe('abcdef');
      expect(await read(link)).toBe('abcdef');
      expect(server.lines.filter((line) => /^(PASV|EPSV)/.test(line))).toEqual(['PASV', 'EPSV', 'EPSV']);
      expect(link.abilities.dataConnections).toEqual(['epsv']);
    });
  });

  it('EPSV comes after a PASV port that nobody opens', async () => {
    await faulty({ PASV: [closedPort] }, async (link) => {
      expect(await read(link)).toBe('abcdef');
      expect(link.abilities.dataConnections).toEqual(['epsv']);
    });
  });

  it('what worked before is tried first', async () => {
    const abilities = { restartRead: true, dataConnections: ['port', 'epsv'] };
    await faulty(
      {},
      async (link, server) => {
        expect(await read(link)).toBe('abcdef');
        expect(server.lines).not.toContain('PASV');
        expect(link.abilities).toEqual({ restartRead: true, dataConnections: ['epsv', 'port'] });
      },
      { abilities },
    );
  });

  it.each(['229 Entering Extended Passive Mode (||50123|)', '202 OK', '229 (|||99999|)', '500 no'])(
    'no way at all (EPSV: %s) is NO_DATA_CONNECTION, and the session goes on',
    async (epsv) => {
      await faulty({ PASV: [say('550 no')], EPSV: [say(epsv)] }, async (link) => {
        await expect(read(link)).rejects.toMatchObject({
          code: 'NO_DATA_CONNECTION',
          message: expect.stringContaining('PASV: 550 no; EPSV: '),
        });
        expect(await link.size('A')).toBe(6);
      });
    },
  );

  it('an EPSV that is never answered costs the session, quickly', async () => {
    await faulty({ PASV: [say('550 no')], EPSV: [never] }, async (link) => {
      await expect(read(link)).rejects.toMatchObject({ code: 'NO_DATA_CONNECTION' });
      expect(link.isOpen).toBe(false);
    });
  });

  it('a control connection that is reset on PASV is LINK_LOST', async () => {
    await faulty({ PASV: [resetControl] }, async (link) => {
      await expect(read(link)).rejects.toMatchObject({ code: 'LINK_LOST' });
      expect(link.isOpen).toBe(false);
    });
  });
});

describe('a download', () => {
  const good: readonly (readonly [string, readonly Step[]])[] = [
    ['125 for 150', [say('125 here'), sendData('abcdef'), say('226 ok')]],
    ['250 at the end', [say('150 here'), sendData('abcdef'), say('250 ok')]],
    ['two 150s', [say('150 here'), say('150 again'), sendData('abcdef'), say('226 ok')]],
    ['no 150', [sendData('abcdef'), say('226 ok')]],
    ['226 before the data', [raw('150 here\r\n226 ok\r\n'), sendData('abcdef')]],
    ['the data before 150', [sendData('abcdef'), raw('150 here\r\n226 ok\r\n')]],
    ['FIN after 226', [say('150 here'), sendData('abcdef'), say('226 ok'), closeControl]],
    ['226 and FIN before the data', [raw('150 here\r\n226 ok\r\n'), closeControl, sendData('abcdef')]],
    ['bytes one by one', [bytewise('150-a\r\n150 here\r\n'), sendData('abcdef'), bytewise('226 ok\r\n')]],
  ];
  it.each(good)('is whole with %s', async (_name, steps) => {
    await faulty({ RETR: steps }, async (link) => {
      expect(await read(link)).toBe('abcdef');
    });
  });

  it('is empty when the data ended before 150', async () => {
    let ended: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const endsFirst: Step = async (session) => {
      (await session.data()).end(() => ended?.());
    };
    // The client's acknowledgement of the end is not visible here; a round of the control connection stands for it.
    await faulty(
      { RETR: [endsFirst, until(gone), pieces('1', '5', '0', ' x\r\n'), say('226 ok')] },
      async (link) => {
        expect(await link.read('A', { maxBytes: 0 })).toHaveLength(0);
      },
    );
  });

  const refused: readonly (readonly [string, string, readonly Step[]])[] = [
    ['550 instead of 150', 'FILE_NOT_FOUND', [say('550 no such file')]],
    ['550 in use', 'FILE_BUSY', [say('550 file in use')]],
    ['426 in the middle', 'NO_DATA_CONNECTION', [say('150 x'), startData('abc'), say('426 aborted')]],
    ['451 in the middle', 'FTP_UNEXPECTED', [say('150 x'), startData('abc'), say('451 read error')]],
    ['425', 'NO_DATA_CONNECTION', [say('425 no connection')]],
    ['RST and 426', 'NO_DATA_CONNECTION', [say('150 x'), startData('abc'), resetData, say('426 aborted')]],
    ['350', 'FTP_UNEXPECTED', [say('350 more?')]],
  ];
  it.each(refused)('%s is %s and the session goes on', async (_name, code, steps) => {
    await faulty({ RETR: steps }, async (link) => {
      await expect(read(link)).rejects.toMatchObject({ code });
      expect(await link.size('A')).toBe(6);
    });
  });

  const broken: readonly (readonly [string, string, readonly Step[]])[] = [
    ['RST and no word', 'TIMEOUT', [say('150 x'), startData('abc'), resetData]],
    ['RST before 150, then 226', 'LINK_LOST', [resetData, say('150 x'), say('226 ok')]],
    ['data and no 226', 'TIMEOUT', [say('150 x'), sendData('abc')]],
    ['a stall', 'TIMEOUT', [say('150 x'), startData('abc')]],
    ['a stall after 226', 'TIMEOUT', [say('150 x'), startData('abc'), say('226 ok')]],
    ['no answer', 'TIMEOUT', [never]],
    ['the control connection gone', 'LINK_LOST', [say('150 x'), startData('abc'), resetControl]],
    ['FIN before 226', 'LINK_LOST', [say('150 x'), sendData('abcdef'), closeControl]],
    ['421', 'LINK_LOST', [say('421 Timeout')]],
  ];
  it.each(broken)('%s is %s and the session is closed', async (_name, code, steps) => {
    await faulty(
      { RETR: steps },
      async (link, server) => {
        await expect(read(link)).rejects.toMatchObject({ code });
        expect(link.isOpen).toBe(false);
        await eventually('the server saw the end', () => server.openSessions === 0);
      },
      code === 'TIMEOUT' ? waits(400, 400) : {},
    );
  });

  it('is whole though it takes longer than the stall time, while bytes come', async () => {
    await faulty(
      { RETR: [say('150 x'), slowly, say('226 ok')] },
      async (link) => {
        expect(await read(link)).toBe('abcdef');
      },
      waits(5000, 900),
    );
  });
});

describe('an upload', () => {
  const good: readonly (readonly [string, readonly Step[]])[] = [
    ['125 for 150', [say('125 go'), readData('B'), say('226 ok')]],
    ['250 at the end', [say('150 go'), readData('B'), say('250 ok')]],
    ['two 150s', [say('150 go'), say('150 go'), readData('B'), say('226 ok')]],
    ['226 before all data', [raw('150 go\r\n226 ok\r\n'), readData('B')]],
    ['FIN after 226', [say('150 go'), readData('B'), say('226 ok'), closeControl]],
    ['a 226 of many lines', [say('150 go'), readData('B'), raw('226-File\r\n226-x\r\n226 ok\r\n')]],
  ];
  it.each(good)('is whole with %s', async (_name, steps) => {
    await faulty({ STOR: steps }, async (link, server) => {
      await five(link);
      await eventually('all bytes arrived', () => server.files.has('B'));
      expect(server.files.get('B')?.toString()).toBe('hello');
    });
  });

  it('is not given up when 226 comes late', async () => {
    // 40,000 bytes may take two seconds longer than an answer, whatever the reply time is.
    await faulty(
      { STOR: [say('150 go'), readData('B'), late, say('226 ok')] },
      async (link, server) => {
        await link.write('B', Buffer.alloc(40_000));
        expect(server.files.get('B')).toHaveLength(40_000);
        expect(link.isOpen).toBe(true);
      },
      waits(400),
    );
  });

  const refused: readonly (readonly [string, string, readonly Step[]])[] = [
    ['550 before 150', 'WRITE_REFUSED', [say('550 Permission denied')]],
    ['552 before 150', 'DISK_FULL', [say('552 Disk full')]],
    ['452 after the data', 'DISK_FULL', [say('150 go'), readData('B'), say('452 no space')]],
    ['RST, then 552', 'DISK_FULL', [say('150 go'), resetData, say('552 Disk full')]],
    ['552, then RST', 'DISK_FULL', [say('150 go'), say('552 Disk full'), resetData]],
    ['RST, then 451', 'DISK_FULL', [say('150 go'), resetData, say('451 Failure writing to local file.')]],
    ['426', 'NO_DATA_CONNECTION', [say('150 go'), say('426 aborted')]],
    ['in use', 'FILE_BUSY', [say('550 being used by another process')]],
  ];
  it.each(refused)('%s is %s and the session goes on', async (_name, code, steps) => {
    await faulty({ STOR: steps }, async (link) => {
      // Big enough that the daemon is still sending when the server gives up.
      await expect(link.write('B', Buffer.alloc(20_000_000))).rejects.toMatchObject({ code });
      expect(await link.size('A')).toBe(6);
    });
  });

  const broken: readonly (readonly [string, string, readonly Step[]])[] = [
    ['RST and no word', 'TIMEOUT', [say('150 go'), resetData]],
    ['RST and 226', 'LINK_LOST', [say('150 go'), resetData, say('226 ok')]],
    ['a stall', 'TIMEOUT', [say('150 go'), never]],
    ['the control connection gone', 'LINK_LOST', [say('150 go'), resetControl]],
    [
      'half a 552 before the end',
      'DISK_FULL',
      [say('150 go'), resetData, raw('552-Disk full\r\n'), closeControl],
    ],
    ['no answer', 'TIMEOUT', [never]],
    ['421', 'LINK_LOST', [say('421 Timeout')]],
  ];
  it.each(broken)('%s is %s and the session is closed', async (_name, code, steps) => {
    await faulty(
      { STOR: steps },
      async (link, server) => {
        await expect(link.write('B', Buffer.alloc(20_000_000))).rejects.toMatchObject({ code });
        expect(link.isOpen).toBe(false);
        await eventually('the server saw the end', () => server.openSessions === 0);
      },
      code === 'TIMEOUT' ? waits(400, 400) : {},
    );
  });

  it('waits for a slow source, but not for a slow machine', async () => {
    await faulty(
      { STOR: [say('150 go'), readData('B'), say('226 ok')] },
      async (link, server) => {
        await link.upload('B', () => Readable.from(slow()), { size: 5 });
        expect(server.files.get('B')?.toString()).toBe('hello');
      },
      waits(5000, 400),
    );
  });

  it('reads no further than the machine takes', async () => {
    let release: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let produced = 0;
    const source = function* () {
      const block = Buffer.alloc(256 * 1024);
      for (let n = 0; n < 400; n += 1) {
        produced += block.length;
        yield block;
      }
    };
    await faulty(
      { STOR: [say('150 go'), until(gate), readData('B'), say('226 ok')] },
      async (link, server) => {
        let sent = 0;
        const total = 400 * 256 * 1024;
        const upload = link.upload('B', () => Readable.from(source()), {
          size: total,
          onProgress: (bytes) => {
            sent = bytes;
          },
        });
        await eventually('something was sent', () => sent > 0);
        let before = -1;
        while (before !== produced) {
          before = produced;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        // What the kernel's buffers hold, plus the blocks that a stream reads ahead.
        expect(produced).toBeLessThan(total / 2);
        release?.();
        await upload;
        expect(server.files.get('B')).toHaveLength(total);
      },
    );
  });
});

it('the last lines say what happened, without a password', async () => {
  await faulty({ STOR: [say('550 Access denied for se3cret-words')] }, async (link) => {
    const error: unknown = await five(link).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain('550 Access denied for ***');
    expect(link.transcript.slice(-2)).toEqual(['> STOR /FLEET98/B', '< 550 Access denied for ***']);
    expect(link.transcript.length).toBeLessThanOrEqual(20);
    expect(link.transcript.join('\n')).not.toContain('se3cret');
  });
});
