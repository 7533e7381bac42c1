import { expect, test } from 'vitest';
import { createPushTransport } from '../../src/transports/push.ts';
import type { Link, LinkAbilities } from '../../src/transports/transport.ts';
import { quickTuning, ftpTarget } from '../support/ftp-target.ts';
import { say, startMockFtp } from '../support/mock-ftp-server.ts';
import type { MockFtpServer } from '../support/mock-ftp-server.ts';

const server = (quit: string): Promise<MockFtpServer> =>
  startMockFtp({
    folders: ['/FLEET98'],
    script: (line) => {
      if (line === 'SITE HELP') return [say('211 Site commands: HELP DISKFREE STATS WHO QUIT')];
      return line === 'SITE QUIT' ? [say(quit)] : undefined;
    },
  });

const open = ({ port }: MockFtpServer, abilities?: LinkAbilities): Promise<Link> =>
  createPushTransport(quickTuning).open(
    ftpTarget(port, abilities === undefined ? {} : { abilities }),
    AbortSignal.timeout(20_000),
  );

test('a server is only ended after it has said that it may be', async () => {
  await using mock = await server('200 The server is shutting down');
  await using link = await open(mock);
  expect(link.abilities.endServer).toBeUndefined();
  await expect(link.yield()).rejects.toMatchObject({ code: 'BUG' });
  expect(mock.lines.filter((line) => line.startsWith('SITE'))).toEqual([]);
  expect(await link.askEndServer()).toBe(true);
  expect(link.abilities.endServer).toBe(true);
  expect(await link.yield()).toBe(true);
  expect(link.isOpen).toBe(false);
  await expect(link.size('AGENT.NFO')).rejects.toMatchObject({ code: 'LINK_LOST' });
});

test('what an earlier probe found out counts; a refusal is remembered, and the link stays open', async () => {
  await using mock = await server('550 permission denied');
  await using link = await open(mock, { restartRead: true, dataConnections: [], endServer: true });
  expect(await link.yield()).toBe(false);
  expect(link.abilities.endServer).toBe(false);
  expect(link.isOpen).toBe(true);
  await expect(link.yield()).rejects.toMatchObject({ code: 'BUG' });
});
