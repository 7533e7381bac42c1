import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/domain/errors.ts';
import { createPushTransport } from '../../src/transports/push.ts';
import type { Link, LinkTarget } from '../../src/transports/transport.ts';
import { eventually, ftpTarget, quickTuning } from '../support/ftp-target.ts';
import { say, startMockFtp, until } from '../support/mock-ftp-server.ts';
import type { MockFtpServer, MockOptions, Script } from '../support/mock-ftp-server.ts';

const transport = createPushTransport(quickTuning);

/** Opens a link to a mock server, runs the test, closes both. */
async function withLink(
  mock: MockOptions,
  test: (link: Link, server: MockFtpServer) => Promise<void>,
  over: Partial<LinkTarget> = {},
): Promise<void> {
  await using server = await startMockFtp({ folders: ['/FLEET98'], ...mock });
  await using link = await transport.open(ftpTarget(server.port, over), AbortSignal.timeout(20_000));
  await test(link, server);
}

const answering =
  (answers: Readonly<Record<string, string>>): Script =>
  (line) => {
    const answer = answers[line.split(' ')[0] ?? ''];
    return answer === undefined ? undefined : [say(answer)];
  };

const neverOverwrites: Script = (line, { server }) =>
  line === 'STOR /FLEET98/A' && server.files.has('/FLEET98/A') ? [say('553 File exists already')] : undefined;

const failingSource = () =>
  Readable.from(
    (function* () {
      yield Buffer.from('abc');
      throw new Error('the disk of the daemon');
    })(),
  );

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('latin1');
const everyByte = Buffer.from(Array.from({ length: 1024 }, (_, n) => n & 255));

describe('reading', () => {
  it('gives the bytes as they are, after TYPE I', async () => {
    await withLink({ files: { '/FLEET98/X.BIN': everyByte } }, async (link, server) => {
      expect(Buffer.compare(await link.read('X.BIN', { maxBytes: 1024 }), everyByte)).toBe(0);
      expect(server.lines.slice(-3)).toEqual(['TYPE I', 'PASV', 'RETR /FLEET98/X.BIN']);
      expect(link.isOpen).toBe(true);
      expect(link.abilities).toEqual({ restartRead: false, dataConnections: ['pasv'] });
    });
  });

  it('gives nothing for an empty file', async () => {
    await withLink({ files: { '/FLEET98/EMPTY': '' } }, async (link) => {
      expect(await link.read('EMPTY', { maxBytes: 0 })).toHaveLength(0);
    });
  });

  it('starts at an offset with REST', async () => {
    await withLink({ files: { '/FLEET98/X.LOG': 'abcdef' } }, async (link, server) => {
      expect(text(await link.read('X.LOG', { fromByte: 4, maxBytes: 2 }))).toBe('ef');
      expect(server.lines).toContain('REST 4');
      expect(text(await link.read('X.LOG', { maxBytes: 6 }))).toBe('abcdef');
    });
  });

  it.each([
    ['is known not to work', { restartRead: false, dataConnections: [] }, {}],
    ['is refused', undefined, { REST: '502 no REST' }],
    ['is refused though it worked before', { restartRead: true, dataConnections: [] }, { REST: '501 bad' }],
  ])('reads the whole file and drops its head where REST %s', async (_name, abilities, answers) => {
    const over = abilities === undefined ? {} : { abilities };
    await withLink(
      { files: { '/FLEET98/X.LOG': 'abcdef' }, script: answering(answers) },
      async (link, server) => {
        expect(text(await link.read('X.LOG', { fromByte: 4, maxBytes: 2 }))).toBe('ef');
        expect(text(await link.read('X.LOG', { fromByte: 9, maxBytes: 2 }))).toBe('');
        expect(server.lines.some((line) => line.startsWith('REST'))).toBe('REST' in answers);
        await expect(link.read('X.LOG', { fromByte: 3, maxBytes: 2 })).rejects.toMatchObject({
          code: 'REPLY_TOO_LARGE',
        });
      },
      over,
    );
  });

  it('closes the session when more comes than asked for', async () => {
    await withLink({ files: { '/FLEET98/BIG': Buffer.alloc(5_000_000) } }, async (link) => {
      await expect(link.read('BIG', { maxBytes: 1000 })).rejects.toMatchObject({ code: 'REPLY_TOO_LARGE' });
      expect(link.isOpen).toBe(false);
      await expect(link.size('BIG')).rejects.toMatchObject({ code: 'REPLY_TOO_LARGE' });
    });
  });

  it('streams a file piece by piece, one after another, and what came before the limit counts', async () => {
    const file = Buffer.from(Array.from({ length: 1_000_000 }, (_, index) => index % 251));
    await withLink({ files: { '/FLEET98/BIG': file } }, async (link) => {
      const gather = async (options: { fromByte?: number; maxBytes: number }) => {
        const pieces: Uint8Array[] = [];
        let busy = false;
        const done = link.stream('BIG', options, async (piece) => {
          expect(busy).toBe(false);
          busy = true;
          await new Promise((resolve) => {
            setImmediate(resolve);
          });
          busy = false;
          pieces.push(piece);
        });
        return { error: await done.catch((error: unknown) => error), bytes: () => Buffer.concat(pieces) };
      };
      const whole = await gather({ fromByte: 1000, maxBytes: file.length });
      expect(whole.error).toBeUndefined();
      expect(whole.bytes().equals(file.subarray(1000))).toBe(true);
      const part = await gather({ maxBytes: 500_000 });
      expect(part.error).toMatchObject({ code: 'REPLY_TOO_LARGE' });
      expect(part.bytes().equals(file.subarray(0, 500_000))).toBe(true);
    });
  });

  it('an error of whoever takes the pieces ends the session, not the daemon', async () => {
    await withLink({ files: { '/FLEET98/X.LOG': 'abcdef' } }, async (link) => {
      const noRoom = new DomainError('STORE_DAMAGED', 'no room');
      const taking = link.stream('X.LOG', { maxBytes: 9 }, () => Promise.reject(noRoom));
      await expect(taking).rejects.toMatchObject({
        code: 'STORE_DAMAGED',
      });
      expect(link.isOpen).toBe(false);
    });
  });

  it('a file that is not there is FILE_NOT_FOUND, and the session goes on', async () => {
    await withLink({ files: { '/FLEET98/HERE': 'x' } }, async (link) => {
      await expect(link.read('GONE', { maxBytes: 9 })).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
      expect(text(await link.read('HERE', { maxBytes: 9 }))).toBe('x');
    });
  });
});

describe('sizes', () => {
  it.each([
    ['213 17', 17],
    ['213 0', 0],
    ['213 5555, some commentary', 5555],
    ['213 File status', 0],
    ['550 Could not get file size.', undefined],
  ])('%s is %s', async (answer, bytes) => {
    await withLink({ script: answering({ SIZE: answer }) }, async (link) => {
      expect(await link.size('X')).toBe(bytes);
      expect(link.isOpen).toBe(true);
    });
  });

  it.each([
    ['213 big', 'FTP_UNEXPECTED', 'big'],
    ['502 what?', 'FTP_UNEXPECTED', 'no SIZE command'],
    ['550 Permission denied', 'FTP_UNEXPECTED', 'Permission denied'],
    ['550 in use by another process', 'FILE_BUSY', 'in use'],
    ['450 busy', 'FILE_BUSY', 'busy'],
  ])('%s is %s', async (answer, code, words) => {
    await withLink({ script: answering({ SIZE: answer }) }, async (link) => {
      await expect(link.size('X')).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
      expect(link.isOpen).toBe(true);
    });
  });

  it('says TYPE I again to a server that only measures in binary', async () => {
    const answers = ['550 SIZE not allowed in ASCII mode', '213 8'];
    const script: Script = (line) => (line.startsWith('SIZE') ? [say(answers.shift() ?? '')] : undefined);
    await withLink({ script }, async (link, server) => {
      expect(await link.size('X')).toBe(8);
      expect(server.lines.slice(-3)).toEqual(['SIZE /FLEET98/X', 'TYPE I', 'SIZE /FLEET98/X']);
    });
  });
});

describe('writing', () => {
  it.each([
    ['every byte', everyByte],
    ['nothing', Buffer.alloc(0)],
    ['a megabyte', Buffer.alloc(1_000_003, 'fleet98 ')],
  ])('%s', async (_name, bytes) => {
    await withLink({}, async (link, server) => {
      await link.write('IN/X.TMP', bytes);
      expect(Buffer.compare(server.files.get('/FLEET98/IN/X.TMP') ?? Buffer.from('none'), bytes)).toBe(0);
    });
  });

  it('uploads in writes of the machine’s size and tells how far it is', async () => {
    const bytes = Buffer.alloc(20_000, 'x');
    await withLink(
      {},
      async (link, server) => {
        const seen: number[] = [];
        await link.upload('A.BIN', () => Readable.from([bytes.subarray(0, 15_000), bytes.subarray(15_000)]), {
          size: 20_000,
          onProgress: (sent) => seen.push(sent),
        });
        expect(seen).toEqual([4096, 8192, 12_288, 15_000, 19_096, 20_000]);
        expect(server.files.get('/FLEET98/A.BIN')).toHaveLength(20_000);
      },
      { writeChunkBytes: 4096 },
    );
  });

  it.each([
    ['appe', ['APPE /FLEET98/A.BIN']],
    ['rest', ['REST 4', 'STOR /FLEET98/A.BIN']],
  ] as const)('continues with %s', async (restart, commands) => {
    const upload = async (link: Link, server: MockFtpServer, options: { restart?: 'appe' | 'rest' }) => {
      const from: number[] = [];
      const seen: number[] = [];
      const open = (fromByte: number) => {
        from.push(fromByte);
        return Readable.from([Buffer.from('abcdef').subarray(fromByte)]);
      };
      await link.upload('A.BIN', open, { size: 6, fromByte: 4, onProgress: (n) => seen.push(n), ...options });
      expect(text(server.files.get('/FLEET98/A.BIN'))).toBe('abcdef');
      expect(from).toEqual([4]);
      expect(seen).toEqual([6]);
      expect(server.lines.slice(-commands.length)).toEqual(commands);
    };
    const files = { '/FLEET98/A.BIN': 'abcd' };
    await withLink({ files }, (link, server) => upload(link, server, { restart }));
    const abilities = { restartRead: true, restartWrite: restart, dataConnections: [] };
    await withLink({ files }, (link, server) => upload(link, server, {}), { abilities });
  });

  it('does not guess how a server continues', async () => {
    await withLink({}, async (link, server) => {
      const upload = link.upload('A', () => Readable.from(['x']), { size: 5, fromByte: 4 });
      await expect(upload).rejects.toMatchObject({ code: 'FTP_UNEXPECTED' });
      expect(server.lines.some((line) => /^(STOR|APPE|REST)/.test(line))).toBe(false);
      expect(link.isOpen).toBe(true);
    });
  });

  it('a refused REST does not turn into a whole upload', async () => {
    await withLink({ script: answering({ REST: '502 no' }) }, async (link, server) => {
      const options = { size: 5, fromByte: 4, restart: 'rest' } as const;
      const upload = link.upload('A', () => Readable.from(['x']), options);
      await expect(upload).rejects.toMatchObject({ code: 'FTP_UNEXPECTED' });
      expect(server.lines.some((line) => line.startsWith('STOR'))).toBe(false);
    });
  });

  it('deletes first on a server that never overwrites', async () => {
    await withLink({ script: neverOverwrites, files: { '/FLEET98/A': 'old' } }, async (link, server) => {
      await link.write('A', Buffer.from('new'));
      expect(text(server.files.get('/FLEET98/A'))).toBe('new');
      expect(server.lines.filter((line) => /^(STOR|DELE)/.test(line))).toEqual([
        'STOR /FLEET98/A',
        'DELE /FLEET98/A',
        'STOR /FLEET98/A',
      ]);
    });
  });

  it('a source that fails closes the session with its own error', async () => {
    await withLink({}, async (link) => {
      await expect(link.upload('A', failingSource, { size: 9 })).rejects.toMatchObject({ code: 'BUG' });
      expect(link.isOpen).toBe(false);
    });
  });

  it('notices a source of another length', async () => {
    await withLink({}, async (link) => {
      const upload = link.upload('A', () => Readable.from([Buffer.from('abc')]), { size: 9 });
      await expect(upload).rejects.toMatchObject({ code: 'BUG' });
    });
  });
});

describe('renaming and removing', () => {
  it('renames', async () => {
    await withLink({ files: { '/FLEET98/IN/X.TMP': 'job' } }, async (link, server) => {
      await link.rename('IN/X.TMP', 'IN/X.JOB');
      expect([...server.files.keys()]).toEqual(['/FLEET98/IN/X.JOB']);
      await expect(link.rename('IN/X.TMP', 'IN/X.JOB')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    });
  });

  it('does not rename onto a file', async () => {
    await withLink({ files: { '/FLEET98/A': '1', '/FLEET98/B': '2' } }, async (link, server) => {
      await expect(link.rename('A', 'B')).rejects.toMatchObject({ code: 'FILE_EXISTS' });
      expect(text(server.files.get('/FLEET98/B'))).toBe('2');
      expect(link.isOpen).toBe(true);
    });
  });

  it('a refusal without a reason is FTP_UNEXPECTED', async () => {
    const script = answering({ RNTO: '550 Rename failed.' });
    await withLink({ files: { '/FLEET98/A': '1' }, script }, async (link) => {
      await expect(link.rename('A', 'B')).rejects.toMatchObject({ code: 'FTP_UNEXPECTED' });
    });
  });

  it('removes, and says whether the file was there', async () => {
    await withLink({ files: { '/FLEET98/A': '1' } }, async (link, server) => {
      expect(await link.remove('A')).toBe(true);
      expect(server.files.size).toBe(0);
      expect(await link.remove('A')).toBe(false);
    });
  });

  it.each([
    ['450 Sharing violation', 'FILE_BUSY'],
    ['550 being used by another process', 'FILE_BUSY'],
    ['550 Access is denied.', 'WRITE_REFUSED'],
    ['421 Timeout', 'LINK_LOST'],
  ])('DELE answered "%s" is %s', async (answer, code) => {
    await withLink({ script: answering({ DELE: answer }) }, async (link) => {
      await expect(link.remove('A')).rejects.toMatchObject({ code });
      expect(link.isOpen).toBe(code !== 'LINK_LOST');
    });
  });
});

describe('folders', () => {
  it('are made once and left again', async () => {
    await withLink({}, async (link, server) => {
      await link.makeFolder('IN');
      expect(server.folders).toContain('/FLEET98/IN');
      const before = server.lines.length;
      await link.makeFolder('IN');
      expect(server.lines.slice(before)).toEqual(['CWD /FLEET98/IN', 'CWD /FLEET98']);
    });
  });

  it.each([
    ['257 "/home/me" is your current location', '/home/me'],
    ['257 "/a ""b"" c" is it', '/a "b" c'],
    ['257 "/"', '/'],
    ['257 /home/me', undefined],
    ['257 "C:\\" is the folder', undefined],
    ['257 "/\u00e9"', undefined],
    [`257 "/${'x'.repeat(300)}"`, undefined],
    ['250 "/home/me"', undefined],
    ['502 what', undefined],
  ])('say where a login begins: %s', async (answer, folder) => {
    await withLink({ script: answering({ PWD: answer }) }, async (link) => {
      expect(await link.loginFolder()).toBe(folder);
      expect(link.isOpen).toBe(true);
    });
  });

  it('are looked for without being made', async () => {
    await withLink({ folders: ['/OTHER'] }, async (link, server) => {
      expect(await link.folderExists('/OTHER')).toBe(true);
      // The spool itself is not there: the root is where the session goes back to.
      expect(server.lines.slice(-3)).toEqual(['CWD /OTHER', 'CWD /FLEET98', 'CWD /']);
      expect(await link.folderExists('/FLEET98')).toBe(false);
      expect(server.folders).toEqual(new Set(['/', '/OTHER']));
    });
  });

  it.each(['521 "/FLEET98/IN" directory exists', '550 already exists'])(
    'MKD answered "%s" is fine when the folder is there after all',
    async (answer) => {
      const seen: string[] = [];
      const script: Script = (line) => {
        seen.push(line);
        if (line.startsWith('MKD')) return [say(answer)];
        if (line !== 'CWD /FLEET98/IN') return undefined;
        return [say(seen.some((one) => one.startsWith('MKD')) ? '250 ok' : '550 not yet')];
      };
      await withLink({ script }, (link) => link.makeFolder('IN'));
    },
  );

  it.each([
    ['521 exists', 'FILE_EXISTS'],
    ['550 Create directory operation failed.', 'WRITE_REFUSED'],
    ['552 Disk full', 'DISK_FULL'],
  ])('MKD answered "%s" with no folder afterwards is %s', async (answer, code) => {
    await withLink({ script: answering({ MKD: answer }) }, async (link) => {
      await expect(link.makeFolder('IN')).rejects.toMatchObject({ code });
    });
  });

  it('tries XMKD where MKD is unknown', async () => {
    const script = answering({ MKD: '502 what?', XMKD: '250 made' });
    await withLink({ script }, async (link, server) => {
      await link.makeFolder('IN');
      expect(server.lines.at(-1)).toBe('XMKD /FLEET98/IN');
    });
  });
});

describe('a link', () => {
  it('runs calls one after another', async () => {
    await withLink({ files: { '/FLEET98/A': 'abc' } }, async (link) => {
      const all = await Promise.all([
        link.size('A'),
        link.read('A', { maxBytes: 9 }),
        link.size('B'),
        link.write('B', Buffer.from('xy')),
        link.size('B'),
      ]);
      expect([all[0], text(all[1]), all[2], all[4]]).toEqual([3, 'abc', undefined, 2]);
    });
  });

  it('a failed call does not stop the next', async () => {
    await withLink({ files: { '/FLEET98/A': 'abc' } }, async (link) => {
      const failing = expect(link.read('NO', { maxBytes: 9 })).rejects.toMatchObject({
        code: 'FILE_NOT_FOUND',
      });
      expect(await link.size('A')).toBe(3);
      await failing;
    });
  });

  it.each(['../A', 'A\r\nDELE B', '/A', 'A B'])('refuses the path %j before a byte is sent', async (path) => {
    await withLink({}, async (link, server) => {
      const before = server.lines.length;
      for (const call of [
        link.size(path),
        link.remove(path),
        link.rename('A', path),
        link.write(path, everyByte),
      ]) {
        await expect(call).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
      }
      await expect(link.folderExists('A')).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
      expect(server.lines.length).toBe(before);
      expect(link.isOpen).toBe(true);
    });
  });

  it('opens without a spool folder, but not with a spool that is no path', async () => {
    await using server = await startMockFtp();
    const open = (spool: string) =>
      transport.open(ftpTarget(server.port, { spool }), AbortSignal.timeout(20_000));
    await (await open('/NOT/THERE')).close();
    await expect(open('/A/../B')).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect(server.sessionCount).toBe(1);
  });

  it('says QUIT once, and nothing works after it', async () => {
    await using server = await startMockFtp();
    const link = await transport.open(ftpTarget(server.port), AbortSignal.timeout(20_000));
    await Promise.all([link.close(), link.close()]);
    await link.close();
    await eventually('the server saw the end', () => server.openSessions === 0);
    expect(server.lines.filter((line) => line === 'QUIT')).toHaveLength(1);
    expect(link.isOpen).toBe(false);
    await expect(link.size('A')).rejects.toMatchObject({ code: 'LINK_LOST' });
    expect(link.transcript.at(-1)).toBe('< 221 bye');
  });

  it('closes while a call runs, and when QUIT is never answered', async () => {
    const never = new Promise<void>(() => {});
    const script: Script = (line) => (/^(SIZE|QUIT)/.test(line) ? [until(never)] : undefined);
    await using server = await startMockFtp({ script });
    const link = await transport.open(ftpTarget(server.port), AbortSignal.timeout(20_000));
    const size = expect(link.size('A')).rejects.toMatchObject({ code: 'LINK_LOST' });
    await eventually('SIZE was sent', () => server.lines.includes('SIZE /FLEET98/A'));
    await link.close();
    await size;
    const other = await transport.open(ftpTarget(server.port), AbortSignal.timeout(20_000));
    await other.close();
    await eventually('both sessions ended', () => server.openSessions === 0);
  });

  it('notices that the server hung up', async () => {
    await using server = await startMockFtp({ script: answering({ NOOP: '200 ok' }) });
    const link = await transport.open(ftpTarget(server.port), AbortSignal.timeout(20_000));
    await server[Symbol.asyncDispose]();
    await eventually('the link is closed', () => !link.isOpen);
    await expect(link.size('A')).rejects.toMatchObject({ code: 'LINK_LOST' });
    await link.close();
  });
});
