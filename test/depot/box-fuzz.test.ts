import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { nonsense, rave } from '../support/ftp-nonsense.ts';
import { FtpTalk } from '../support/ftp-talk.ts';
import { serveLan } from '../support/lan-desk.ts';

const LINES = 20_000;
const LINES_A_SESSION = 250;
/** As many as one address may have. */
const AT_ONCE = 3;
const words =
  '/IN /OUT /ID /AGENT /JOIN IN/STAGE MACHINE.ID OUT/MACHINE.ID OUT/AGENT.NFO OUT/0A1B2C3D.END OUT/0A1B2C3D.LOG ' +
  'OUT/0A1B2C3D.RUN IN/0A1B2C3D.JOB IN/LIST.TXT IN/TIDY.BAT ../BOX.JSON BOX.JSON JOIN/0A1B2C3D/GO.FTP 0A1B2C3D.NFO';

const info =
  'v=1 agent=agent98 version=0.2.0 build=20351e32 platform=win9x os=Win name=BOX path=C:\\FLEET98 cpu=x clock=c ' +
  'step_us=1 boot=1 seq=1 job=- kinds=run hold=0 eof=1';

test(`${LINES} lines of nonsense of a machine of the fleet, of one that joins, and of anybody`, async () => {
  const base = mkdtempSync(join(tmpdir(), 'fleet98-box-fuzz-'));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  const dataDir = join(base, 'data');
  const { ftpPort, desk } = await serveLan(dataDir);
  await using talk = await FtpTalk.loggedIn(ftpPort, 'join', '127.0.0.1');
  const nfo = Buffer.from(
    info
      .split(' ')
      .map((line) => `${line}\r\n`)
      .join(''),
  );
  expect(await talk.put('STOR /OUT/AGENT.NFO', nfo)).toMatch(/^226/);
  const code = /is (\d{4})/.exec(await talk.get('RETR /JOIN/CODE.TXT'))?.[1] ?? '';
  const [, user = '', password = ''] =
    /^user (\S+) (\S+)\r$/m.exec(await talk.get('RETR /JOIN/GO.FTP')) ?? [];
  await talk.ask('QUIT');
  // Nobody comes, so the probe after it fails, and that is no matter here.
  await desk('machine', 'approve', 'box', '--code', code).catch(() => undefined);
  /** A visit as it should be. */
  const visit = async (id: Buffer): Promise<string> => {
    await using machine = await FtpTalk.loggedIn(ftpPort, user, password);
    expect(await machine.put('STOR /OUT/MACHINE.ID', id)).toMatch(/^226/);
    const list = await machine.get('RETR /IN/LIST.TXT');
    await machine.ask('QUIT');
    return list;
  };
  await using first = await FtpTalk.loggedIn(ftpPort, user, password);
  const id = Buffer.from(await first.get('RETR /ID/MACHINE.ID'), 'latin1');
  await first.ask('QUIT');
  expect(await visit(id)).toMatch(/end\n$/);
  const seen = (): string[] => readdirSync(dataDir).filter((name) => !/-wal$|-shm$/.test(name));
  const before = seen();

  const logins = [
    { user, password },
    { user: 'join', password: '127.0.0.1' },
    { user: 'anonymous', password: 'x' },
  ];
  const lines = fc.sample(nonsense(words.split(' ')), { numRuns: 5000, seed: 98 });
  let answers = 0;
  for (let session = 0; session < LINES / LINES_A_SESSION; session += AT_ONCE) {
    const some = logins.map((login, index) => {
      const at = ((session + index) * 7919) % (lines.length - LINES_A_SESSION);
      return rave(ftpPort, login, lines.slice(at, at + LINES_A_SESSION), session + index);
    });
    for (const told of await Promise.all(some)) answers += told;
  }
  expect(answers).toBeGreaterThan(LINES / 10);
  process.stdout.write(`${answers} answers to ${LINES} lines\n`);

  expect(seen()).toEqual(before);
  const depot = join(dataDir, 'depot');
  const boxes = readdirSync(depot);
  expect(boxes).toHaveLength(1);
  const box = join(depot, boxes[0] ?? '');
  expect(
    readdirSync(box).filter((name) => !/^(BOX\.JSON|OUT|MACHINE\.ID|AGENT\.NFO|OWNER\.TXT)$/.test(name)),
  ).toEqual([]);
  expect(
    readdirSync(join(box, 'OUT')).filter(
      (name) => !/^([0-9A-F]{8}\.(LOG|END|K[1-9])|\.fleet98-parts)$/.test(name),
    ),
  ).toEqual([]);
  expect(() => JSON.parse(readFileSync(join(box, 'BOX.JSON'), 'utf8'))).not.toThrow();
  expect(await visit(id)).toMatch(/end\n$/);
  expect(await desk('machine', 'list')).toContain('box');
});
