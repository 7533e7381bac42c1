import { expect, test } from 'vitest';
import { readIdentity } from '../../src/operations/identity.ts';
import { encodeMachineId } from '../../src/spool/identity-file.ts';
import { createPushTransport } from '../../src/transports/push.ts';
import { ftpTarget, quickTuning } from '../support/ftp-target.ts';
import { resetControl, say, startMockFtp, type Script, type Step } from '../support/mock-ftp-server.ts';

const ids = { machine: '0123456789ABCDEF', daemon: 'FEDCBA9876543210' };

/** A server that answers the first RETR of MACHINE.ID so, and the next as it should. */
const firstRead = (...steps: Step[]): Script => {
  let asked = 0;
  return (line) => {
    if (!/^RETR .*MACHINE\.ID$/.test(line)) return undefined;
    asked += 1;
    return asked === 1 ? steps : undefined;
  };
};

async function identityAfter(script: Script) {
  const files = { '/FLEET98/MACHINE.ID': encodeMachineId(ids) };
  await using server = await startMockFtp({ folders: ['/FLEET98'], files, script });
  const transport = createPushTransport(quickTuning);
  await using link = await transport.open(ftpTarget(server.port), AbortSignal.timeout(20_000));
  return await readIdentity(link);
}

test('a machine that says once that its id is not there is asked again', async () => {
  expect(await identityAfter(firstRead(say('550 No such file')))).toEqual({
    machineId: ids.machine,
    daemonId: ids.daemon,
  });
});

test('a machine that goes down while it says so has no missing id: its link is lost', async () => {
  const goingDown = firstRead(say('550 No such file'), resetControl);
  await expect(identityAfter(goingDown)).rejects.toMatchObject({ code: 'LINK_LOST' });
});
