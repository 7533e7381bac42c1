import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { unzipSync } from 'fflate';
import { afterAll, describe, expect, test } from 'vitest';
import { fitsOnFloppy, floppyBytes, floppyImage } from '../../src/cli/kit/fat12.ts';
import { cdImage } from '../../src/cli/kit/iso9660.ts';
import type { KitFile } from '../../src/cli/kit/kit-file.ts';
import { kitPlan } from '../../src/cli/kit/kit-plan.ts';
import { pullPlan } from '../../src/cli/kit/pull-plan.ts';
import { cli, fakeDaemon, json } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleet98-kit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = new Date('1998-06-25T12:30:02Z');

/** What DOS reads: the files of the root, by the boot sector's numbers and the first table. */
function readFloppy(image: Buffer): Map<string, Buffer> {
  const sector = image.readUInt16LE(11);
  const tableStart = image.readUInt16LE(14) * sector;
  const rootStart = tableStart + image.readUInt8(16) * image.readUInt16LE(22) * sector;
  const dataStart = rootStart + image.readUInt16LE(17) * 32;
  const next = (cluster: number): number => {
    const pair = image.readUInt16LE(tableStart + Math.floor(cluster * 1.5));
    return cluster % 2 === 0 ? pair & 0xfff : pair >> 4;
  };
  const found = new Map<string, Buffer>();
  for (let entry = rootStart; image[entry] !== 0 && entry < dataStart; entry += 32) {
    if (image.readUInt8(entry + 11) & 0x08) continue;
    const base = image.toString('latin1', entry, entry + 8).trimEnd();
    const ending = image.toString('latin1', entry + 8, entry + 11).trimEnd();
    const pieces: Buffer[] = [];
    for (
      let cluster = image.readUInt16LE(entry + 26);
      cluster > 1 && cluster < 0xff8;
      cluster = next(cluster)
    ) {
      const start = dataStart + (cluster - 2) * sector;
      pieces.push(image.subarray(start, start + sector));
    }
    const bytes = Buffer.concat(pieces).subarray(0, image.readUInt32LE(entry + 28));
    found.set(ending === '' ? base : `${base}.${ending}`, bytes);
  }
  return found;
}

describe('a floppy disk', () => {
  const content = fc.uint8Array({ maxLength: 5000 });
  const file = fc.tuple(fc.stringMatching(/^[A-Z0-9_-]{1,8}(\.[A-Z0-9]{1,3})?$/), content);

  test('holds what was put on it, whatever it is', () => {
    fc.assert(
      fc.property(fc.uniqueArray(file, { selector: ([name]) => name, maxLength: 20 }), (all) => {
        const files = all.map(([name, bytes]): KitFile => ({ name, bytes }));
        const image = floppyImage(files, 'FLEET98', at);
        expect(image.length).toBe(1_474_560);
        const found = readFloppy(image);
        expect([...found.keys()]).toEqual(files.map(({ name }) => name));
        for (const { name, bytes } of files) expect(found.get(name)?.equals(bytes)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('can be full to the last byte, and no more', () => {
    const full = { name: 'FULL.BIN', bytes: Buffer.alloc(floppyBytes, 1) };
    expect(
      readFloppy(floppyImage([full], 'FULL', at))
        .get('FULL.BIN')
        ?.equals(full.bytes),
    ).toBe(true);
    const more = [full, { name: 'X', bytes: Buffer.alloc(1) }];
    expect(fitsOnFloppy(more)).toBe(false);
    expect(() => floppyImage(more, 'X', at)).toThrow(RangeError);
    expect(
      fitsOnFloppy(
        Array.from({ length: 224 }, (_, index) => ({ name: `F${index}`, bytes: Buffer.alloc(0) })),
      ),
    ).toBe(false);
  });
});

/** What an old driver reads: the files of the root, by the volume descriptor's numbers; both spellings must agree. */
function readCd(image: Buffer): Map<string, Buffer> {
  const volume = image.subarray(16 * 2048, 17 * 2048);
  expect(volume.toString('latin1', 0, 7)).toBe('\x01CD001\x01');
  const number = (place: number, bytes = image): number => {
    const value = bytes.readUInt32LE(place);
    expect(bytes.readUInt32BE(place + 4)).toBe(value);
    return value;
  };
  expect(number(80, volume) * 2048).toBe(image.length);
  const rootStart = number(158, volume) * 2048;
  expect(image.readUInt32LE(volume.readUInt32LE(140) * 2048 + 2) * 2048).toBe(rootStart);
  expect(image.readUInt32BE(volume.readUInt32BE(148) * 2048 + 2) * 2048).toBe(rootStart);
  const rootEnd = rootStart + number(166, volume);
  const found = new Map<string, Buffer>();
  for (let record = rootStart; record < rootEnd;) {
    const length = image.readUInt8(record);
    // None goes over the end of a sector; the rest of one is empty.
    if (length === 0) record = Math.ceil((record + 1) / 2048) * 2048;
    else {
      expect(Math.floor(record / 2048)).toBe(Math.floor((record + length - 1) / 2048));
      const id = image.toString('latin1', record + 33, record + 33 + image.readUInt8(record + 32));
      const start = number(record + 2) * 2048;
      if (image.readUInt8(record + 25) === 0)
        found.set(id, image.subarray(start, start + number(record + 10)));
      record += length;
    }
  }
  return found;
}

test('a CD holds what was put on it, sorted, in a folder of any length', () => {
  const name = fc.stringMatching(/^[A-Z0-9_]{1,8}(\.[A-Z0-9]{1,3})?$/);
  const file = fc.tuple(name, fc.uint8Array({ maxLength: 5000 }));
  fc.assert(
    fc.property(fc.uniqueArray(file, { selector: ([one]) => one, maxLength: 120 }), (all) => {
      const found = readCd(
        cdImage(
          all.map(([one, bytes]) => ({ name: one, bytes })),
          'FLEET98',
          at,
        ),
      );
      const ids = all.map(([one]) => `${one.includes('.') ? one : `${one}.`};1`);
      expect([...found.keys()]).toEqual(ids.toSorted());
      for (const [index, [one, bytes]] of all.entries())
        expect(found.get(ids[index] ?? '')?.equals(bytes), one).toBe(true);
    }),
    { numRuns: 50 },
  );
});

const platforms = ['win9x', 'winnt', 'msdos', 'linux-i386', 'linux-armel'];

const kitName = 'ATTIC-P2';
const place = { host: '192.168.198.101', port: 12121, everySeconds: 60 };
const plans = [
  ...platforms.map((platform) => ({
    kit: platform,
    plan: kitPlan({ platform, name: kitName, password: 'abc23456789x', host: '192.168.98.1' }),
  })),
  ...[...platforms, 'unix'].map((platform) => ({
    kit: `${platform} --pull`,
    plan: pullPlan({ platform, name: kitName, place }),
  })),
];

test.each(plans)('the texts for $kit fit its screen and its file names', ({ plan }) => {
  expect(plan).toBeDefined();
  for (const { name: file, bytes } of plan?.files ?? []) {
    const text = Buffer.from(bytes).toString('latin1');
    expect(file).toMatch(/^[A-Z]{1,8}\.[A-Z]{1,3}$/);
    expect(text).toMatch(/^[\r\n -~]+$/);
    expect(text.includes('\r'), file).toBe(!file.endsWith('.SH'));
    if (file !== 'SETUP.SH') expect(text.split('\r\n').filter((line) => line.length > 79)).toEqual([]);
    // A label that is jumped to is there.
    for (const [, label] of text.matchAll(/GOTO (\w+)/g)) expect(text).toContain(`\r\n:${label}\r\n`);
  }
});

const programs: Readonly<Record<string, string>> = {
  '/api/v1/agents/win9x/AGENT.EXE': 'MZ agent',
  '/api/v1/agents/win9x/FTPD98.EXE': 'MZ server',
};

const windowsFiles = ['AGENT.EXE', 'AGENT.INI', 'FTPD98.EXE', 'README.TXT', 'SETUP.BAT'];

describe('kit', () => {
  test.each(['win9x', 'winnt'])(
    '%s --floppy: programs, settings and SETUP, with a password of its own',
    async (platform) => {
      await using daemon = await fakeDaemon(({ path }, response) => {
        const bytes = programs[path];
        if (bytes === undefined) json(response, 404, { code: 'NOT_FOUND', detail: 'none' });
        else response.end(bytes);
      });
      const path = join(folder, `${platform}.img`);
      const { exitCode, stdout } = await cli(['kit', platform, 'ATTIC-P2', '--floppy', path, '--json'], {
        url: daemon.url,
      });
      expect(exitCode).toBe(0);
      const told: { password: string } = JSON.parse(stdout);
      expect(told).toMatchObject({ platform, name: 'ATTIC-P2', path, sizeBytes: 1_474_560, user: 'fleet' });
      expect(told.password).toMatch(/^[a-z2-9]{12}$/);
      const found = readFloppy(readFileSync(path));
      expect([...found.keys()].toSorted()).toEqual(windowsFiles);
      expect(found.get('FTPD98.EXE')?.toString()).toBe('MZ server');
      expect(found.get('AGENT.INI')?.toString()).toBe(
        `ftp_user=fleet\r\nftp_password=${told.password}\r\nname=ATTIC-P2\r\n`,
      );
      expect(statSync(path).mode & 0o777).toBe(0o600);
      const again = await cli(['kit', platform, '--floppy', path], { url: daemon.url });
      expect(again.stdout).toMatch(
        /: 1\.\d MB, for every win\w+ machine\. Start SETUP\.BAT on the machine, on the disk\.\n/,
      );
      expect(again.stdout).not.toContain(told.password);
    },
  );

  test('--pull: no secret in it, this host and the name in its texts; without --host it is refused', async () => {
    await using daemon = await fakeDaemon(({ path }, response) => response.end(programs[path] ?? 'REM'));
    const path = join(folder, 'pull.zip');
    const words = ['kit', 'win9x', 'ATTIC-P2', '--pull', '--zip', path];
    expect(await cli(words, { url: daemon.url })).toMatchObject({ exitCode: 2 });
    const made = await cli([...words, '--host', '192.168.98.1', '--port', '2222', '--every', '30'], {
      url: daemon.url,
    });
    expect(made.exitCode).toBe(0);
    expect(made.stdout).not.toMatch(/password/);
    const found = unzipSync(readFileSync(path));
    const text = (one: string): string => Buffer.from(found[one] ?? []).toString();
    expect(Object.keys(found)).toEqual(
      expect.arrayContaining(['PULL.BAT', 'DROP.BAT', 'JOIN.BAT', 'COME.BAT']),
    );
    expect(text('JOIN.FTP')).toContain('open 192.168.98.1 2222\r\nuser join 192.168.98.1\r\n');
    expect(text('JOIN.BAT')).toContain('PULL 30\r\n');
    expect(text('AGENT.INI')).toContain('name=ATTIC-P2\r\n');
  });

  test.each(['cdr', 'zip'])('--%s: the same files', async (medium) => {
    await using daemon = await fakeDaemon(({ path }, response) => response.end(programs[path]));
    const path = join(folder, `kit.${medium}`);
    const { exitCode, stdout } = await cli(['kit', 'win9x', `--${medium}`, path], { url: daemon.url });
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringMatching(/for every win9x machine\. Start SETUP\.BAT on the machine, .+\n/),
    ]);
    const image = readFileSync(path);
    const found = medium === 'zip' ? new Map(Object.entries(unzipSync(image))) : readCd(image);
    expect([...found.keys()].map((name) => name.replace(';1', '')).toSorted()).toEqual(windowsFiles);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('--print needs no daemon, and has all that is to be typed', async () => {
    const { exitCode, stdout } = await cli(['kit', 'win9x', '--print', '--host', '192.168.98.1']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/- AGENT\.INI -+\nftp_user=fleet\nftp_password=[a-z2-9]{12}\n/);
    expect(stdout).toContain('\nPING 192.168.98.1\n');
  });

  test.each([
    [['win9x'], 'say one of --floppy FILE, --cdr FILE, --zip FILE and --print'],
    [['win9x', '--print', '--floppy', 'x'], 'say one of --floppy FILE'],
    [['win9x', '--zip', 'x', '--cdr', 'x'], 'one medium at a time'],
    [['amiga', '--print'], 'there is no kit for amiga'],
    [['win9x', 'much-too-long-a-name', '--print'], 'NAME is up to 15 letters'],
    [['win9x', 'a%b', '--print'], 'NAME is up to 15 letters'],
    [['win9x', '--print', '--host', 'a & b'], '--host is an IPv4 address'],
  ])('%j is refused: %s', async (args, words) => {
    expect(await cli(['kit', ...args])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(words),
    });
  });

  test('a program that is not there is told, and no image is written', async () => {
    await using daemon = await fakeDaemon((_, response) =>
      json(response, 404, { code: 'NOT_FOUND', detail: 'there is no AGENT.EXE' }),
    );
    const path = join(folder, 'none.img');
    const { exitCode, stderr } = await cli(['kit', 'msdos', '--floppy', path], { url: daemon.url });
    expect([exitCode, stderr.includes('there is no AGENT.EXE')]).toEqual([1, true]);
    expect(() => statSync(path)).toThrow('ENOENT');
  });
});
