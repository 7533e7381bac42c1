import { expect, test } from 'vitest';
import { TestFleet } from '../support/test-fleet.ts';
import { TestClock } from '../support/test-clock.ts';

const info = (name: string, more: readonly string[] = []): Uint8Array =>
  Buffer.from(
    [
      'v=1',
      'agent=agent98',
      'version=0.2.0',
      'build=20351e32',
      'platform=win9x',
      'os=Windows%2098',
      `name=${name}`,
      'path=C:\\FLEET98',
      'cpu=Pentium%20II',
      'clock=QPC',
      'step_us=1',
      'boot=1',
      'seq=1',
      'job=-',
      'kinds=run,place',
      'hold=0',
      ...more,
      'eof=1',
      '',
    ].join('\r\n'),
  );

test('a machine that tells of itself waits, and is registered by its code', async () => {
  await using fleet = await TestFleet.start();
  const { operations, store } = fleet;
  const ticket = await operations.join('192.168.1.5', info('BEIGE'));
  expect(ticket).toMatchObject({ code: expect.stringMatching(/^\d{4}$/), platform: 'win9x' });
  expect(await operations.newcomers()).toMatchObject([
    { name: 'BEIGE', address: '192.168.1.5', code: ticket?.code, agent: { os: 'Windows 98' } },
  ]);
  const { user = '', password = '', code = '' } = ticket ?? {};
  expect(await operations.admitNewcomer({ user, password, address: '192.168.1.6' })).toBe(true);
  expect(await operations.admitNewcomer({ user, password: 'x', address: '192.168.1.6' })).toBe(false);
  expect(await operations.newcomers()).toMatchObject([{ address: '192.168.1.6' }]);
  expect(await operations.admitVisitor({ user, password, address: '192.168.1.6' })).toBeUndefined();

  const machine = await operations.approve('attic', { code, again: false });
  expect(machine).toMatchObject({ name: 'attic', transport: 'depot', platform: 'win9x', state: 'new' });
  expect(await operations.newcomers()).toEqual([]);
  expect(await operations.admitNewcomer({ user, password, address: '192.168.1.6' })).toBe(false);
  const admitted = await operations.admitVisitor({ user, password, address: '192.168.1.7' });
  expect(admitted).toMatchObject({ id: machine.id, host: '192.168.1.7' });
  expect(JSON.stringify(await store.machines.get(machine.id))).not.toContain(password);
});

test('one that asks again gets the same code; another one with its address gets its own', async () => {
  await using fleet = await TestFleet.start();
  const { operations } = fleet;
  const first = await operations.join('10.0.0.1', info('ONE'));
  expect(await operations.join('10.0.0.1', info('ONE'))).toEqual(first);
  const second = await operations.join('10.0.0.1', info('TWO'));
  expect(second?.user).not.toBe(first?.user);
  expect(second?.code).not.toBe(first?.code);
  expect(await operations.newcomers()).toHaveLength(2);
});

test('one that is approved while it asks once more keeps the login that was approved', async () => {
  const clock = new TestClock();
  const fleet = new TestFleet();
  fleet.clock = clock;
  await fleet.startDaemon();
  await using _ = fleet;
  const { operations } = fleet;
  const ticket = await operations.join('10.0.0.1', info('ONE'));
  await operations.approve('attic', { code: ticket?.code ?? '', again: false });
  expect(await operations.join('10.0.0.1', info('ONE'))).toEqual(ticket);
  expect(await operations.newcomers()).toEqual([]);
  const other = await operations.join('10.0.0.1', info('TWO'));
  expect(other?.user).not.toBe(ticket?.user);
  // Much later it is a new disk that asks.
  clock.monotonicOffsetMs += 3_600_000;
  expect((await operations.join('10.0.0.1', info('ONE')))?.user).not.toBe(ticket?.user);
});

test('a wrong code, a taken name and a reserved one register nothing', async () => {
  await using fleet = await TestFleet.start();
  const { operations } = fleet;
  const { code = '' } = (await operations.join('10.0.0.1', info('ONE'))) ?? {};
  const other = code === '1234' ? '4321' : '1234';
  const approve = (name: string, said: string, again = false) =>
    operations.approve(name, { code: said, again });
  await expect(approve('attic', other)).rejects.toMatchObject({ code: 'WRONG_CODE' });
  await expect(approve('waiting', code)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  await expect(approve('nobody', code, true)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await operations.registerMachine({ name: 'taken', host: '10.0.0.9', port: 21, labels: {} });
  await expect(approve('taken', code)).rejects.toMatchObject({ code: 'NAME_TAKEN' });
  expect(await operations.newcomers()).toHaveLength(1);
});

test('a new disk takes the place of the old one, and nothing placed is trusted', async () => {
  await using fleet = await TestFleet.start();
  const { operations, store } = fleet;
  const old = await operations.join('10.0.0.1', info('ONE'));
  const machine = await operations.approve('attic', { code: old?.code ?? '', again: false });
  const bundle = await fleet.addBundle('words', { 'A.TXT': Buffer.from('a') });
  const placement = { machineId: machine.id, bundleId: bundle.id, folder: bundle.folder };
  await store.placements.put({ ...placement, placedAtMs: 1, verified: true });
  const fresh = await operations.join('10.0.0.1', info('NEWDISK'));
  const again = await operations.approve('attic', { code: fresh?.code ?? '', again: true });
  expect(again.id).toBe(machine.id);
  expect(await store.placements.get(machine.id, bundle.id)).toMatchObject({ verified: false });
  const login = { address: '10.0.0.1', user: old?.user ?? '', password: old?.password ?? '' };
  expect(await operations.admitVisitor(login)).toBeUndefined();
});

test('nonsense is refused, no more than 50 wait, and who gives up is forgotten after a day', async () => {
  const clock = new TestClock();
  const fleet = new TestFleet();
  fleet.clock = clock;
  await fleet.startDaemon();
  await using _ = fleet;
  const { operations } = fleet;
  for (const bad of ['', 'eof=1', 'x'.repeat(20_000)]) {
    expect(await operations.join('10.0.0.1', Buffer.from(bad))).toBeUndefined();
  }
  for (let one = 0; one < 50; one += 1) {
    expect(await operations.join('10.0.0.1', info(`BOX${one}`))).toBeDefined();
  }
  expect(await operations.join('10.0.0.1', info('MORE'))).toBeUndefined();
  clock.wallOffsetMs += 25 * 3_600_000;
  expect(await operations.join('10.0.0.1', info('MORE'))).toBeDefined();
  expect(await operations.newcomers()).toHaveLength(1);
});
