import { expect, test } from 'vitest';
import { TestFleet } from '../support/test-fleet.ts';
import { WatchedCable } from '../support/watched-cable.ts';

const files = { 'A.TXT': new TextEncoder().encode('a') };

/** A machine with a placed bundle, and an idle session that the deployment left open. */
async function scene() {
  const fleet = await TestFleet.start();
  const pc = await fleet.addPc('old');
  await fleet.addBundle('app', files);
  await fleet.deploy('app', ['old']);
  return { fleet, pc };
}

test('a machine with a new address is spoken to there at once', async () => {
  const { fleet: made, pc } = await scene();
  await using fleet = made;
  const cable = await WatchedCable.to(pc.port);
  try {
    await fleet.operations.changeMachine('old', { port: cable.port });
    expect(await fleet.operations.verifyMachine('old')).toMatchObject([{ isWhole: true }]);
    expect(cable.commands.some((command) => command.startsWith('STOR'))).toBe(true);
  } finally {
    await fleet.stopDaemon();
    await cable.unplug();
  }
});

test('an idle session that was cut is not used again', async () => {
  const { fleet: made } = await scene();
  await using fleet = made;
  const [cable] = fleet.cables;
  await cable?.pull();
  await cable?.plug();
  expect(await fleet.operations.verifyMachine('old')).toMatchObject([{ isWhole: true }]);
});
