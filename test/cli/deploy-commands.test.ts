import { describe, expect, test } from 'vitest';
import type { Deployment, DeployPlan, MachineCheck, Receipt } from '../../src/contract/deployments.ts';
import { cli, fakeDaemon, json, type Asked } from './support.ts';

const plan: DeployPlan = {
  bundle: 'a@2',
  bytesToSend: 1_500_000,
  machines: [
    {
      machine: 'p2',
      blocked: false,
      findings: [{ level: 'warn', code: 'RAM_SMALL', message: 'It is\u0007 small.' }],
      files: [
        { name: 'RUN.EXE', sizeBytes: 1, how: 'there' },
        { name: 'MODEL.BIN', sizeBytes: 1_500_000, how: 'send' },
        { name: 'TOK.BIN', sizeBytes: 2, how: 'copy' },
      ],
      bytesToSend: 1_500_000,
      seconds: 12.4,
    },
  ],
};
const deployment: Deployment = {
  id: 8,
  bundle: 'a@1',
  state: 'done',
  requestedBy: 'local',
  createdAt: '2026-11-25T00:00:00.000Z',
  counts: { 'already-current': 1 },
  targets: [],
};
const receipt: Receipt = {
  id: 1,
  machine: 'p2',
  machineId: '0123456789ABCDEF',
  deployment: 8,
  bundle: 'a@1',
  path: 'B/0011AABB/MODEL.BIN',
  sizeBytes: 1_056_540,
  sha256: 'f'.repeat(64),
  crc32: '89ABCDEF',
  method: 'size-only',
  proven: false,
  requestedBy: 'ann',
  at: '2026-11-25T10:00:00.123Z',
};
const check: MachineCheck = {
  machine: 'p2',
  ok: false,
  bundles: [
    {
      bundle: 'a@1',
      folder: 'B/0011AABB',
      ok: false,
      marker: 'missing',
      files: [
        { name: 'RUN.EXE', state: 'ok', method: 'read-back', proven: true },
        { name: 'MODEL.BIN', state: 'changed', method: 'size-only', proven: false },
      ],
    },
  ],
};

/** Runs a command line against a daemon that answers one thing to everything. */
async function told(argv: readonly string[], answer: unknown, status = 200) {
  await using daemon = await fakeDaemon((_asked, response) => json(response, status, answer));
  const outcome = await cli(argv, { url: daemon.url });
  const asked = daemon.asked.map(({ method, path, body }: Asked) => `${method} ${path} ${body}`.trim());
  return { ...outcome, asked };
}

describe('deploy', () => {
  test('--dry-run shows the plan and starts nothing', async () => {
    const { exitCode, stdout, asked } = await told(['deploy', 'a', 'p2', '--dry-run'], plan);
    expect(exitCode).toBe(0);
    expect(asked).toEqual(['POST /api/v1/deploy?dryRun=true {"bundle":"a","machines":{"names":["p2"]}}']);
    expect(stdout).toBe(
      [
        'MACHINE  TO SEND  TAKES  SENT       COPIED   THERE',
        'p2       1.5 MB   13 s   MODEL.BIN  TOK.BIN  RUN.EXE',
        'p2: warn RAM_SMALL: It is␇ small.',
        'a@2: 1.5 MB to send to 1 machine; nothing was sent.',
        '',
      ].join('\n'),
    );
  });

  test('--dry-run fails where preflight blocks', async () => {
    const blocked = { ...plan, machines: plan.machines.map((machine) => ({ ...machine, blocked: true })) };
    const { exitCode, stdout } = await told(['deploy', 'a', '--all', '--dry-run', '--json'], blocked);
    expect([exitCode, JSON.parse(stdout)]).toEqual([1, blocked]);
  });

  test('--rollback makes a deployment of the version before, and follows it', async () => {
    const { exitCode, stdout, asked } = await told(['deploy', '--rollback', '7'], deployment, 202);
    expect([exitCode, asked]).toEqual([0, ['POST /api/v1/deployments/7/rollback {}']]);
    expect(stdout).toBe('deployment 8 of a@1 done: 1 already-current\n');
  });

  test.each([
    [['deploy', '--rollback', '7', 'a']],
    [['deploy', '--rollback', '7', '--all']],
    [['deploy', '--rollback', 'seven']],
    [['deploy']],
    [['machine', 'remove', 'p2']],
    [['receipts', '--limit', 'all']],
  ])('%j is a wrong usage', async (argv) => {
    expect((await cli(argv, { url: 'http://127.0.0.1:1' })).exitCode).toBe(2);
  });
});

test('receipts shows everything that a receipt says, and what is unproven', async () => {
  const argv = ['receipts', '--machine', 'p2', '--bundle', 'a@1', '--limit', '5'];
  const { exitCode, stdout, asked } = await told(argv, { items: [receipt] });
  expect([exitCode, asked]).toEqual([0, ['GET /api/v1/receipts?machine=p2&bundle=a%401&limit=5']]);
  const [, line = ''] = stdout.split('\n');
  expect(line.split(/ {2,}/)).toEqual([
    '2026-11-25 10:00:00 UTC',
    'p2',
    receipt.machineId,
    'a@1',
    receipt.path,
    '1056540',
    receipt.crc32,
    receipt.sha256,
    'size-only (unproven)',
    'ann',
  ]);
  expect((await told(['receipts'], { items: [] })).stdout).toBe('No receipts.\n');
});

describe('machine', () => {
  test('verify shows each file and by what it was seen; it fails when something is wrong', async () => {
    const { exitCode, stdout, asked } = await told(['machine', 'verify', 'p2', 'a@1'], check);
    expect([exitCode, asked]).toEqual([1, ['POST /api/v1/machines/p2/verify {"bundle":"a@1"}']]);
    expect(stdout).toBe(
      [
        'BUNDLE  FILE                  STATE    BY',
        'a@1     B/0011AABB/RUN.EXE    ok       read-back',
        'a@1     B/0011AABB/MODEL.BIN  changed  size-only (unproven)',
        'a@1     B/0011AABB/BUNDLE.OK  missing  -',
        'Not as it was placed: a@1. Deploy again to repair it.',
        '',
      ].join('\n'),
    );
    const nothing = await told(['machine', 'verify', 'p2'], { machine: 'p2', ok: true, bundles: [] });
    expect([nothing.exitCode, nothing.stdout]).toEqual([0, 'Nothing is placed on p2.\n']);
  });

  test('remove says what is gone', async () => {
    const removed = { machine: 'p2', bundle: 'a@1', folder: 'B/0011AABB' };
    const { exitCode, stdout, asked } = await told(['machine', 'remove', 'p2', 'a'], removed);
    expect([exitCode, asked]).toEqual([0, ['POST /api/v1/machines/p2/remove {"bundle":"a"}']]);
    expect(stdout).toBe('a@1 is not on p2 now.\n');
  });
});

describe('deployments', () => {
  const target = {
    machine: 'p2',
    state: 'waiting',
    attempts: 1,
    bytesSent: 500_000,
    bytesTotal: 1_000_000,
    notBefore: '2026-11-25T10:00:00.000Z',
    code: 'UNREACHABLE',
    detail: 'no\u0007 answer',
  } as const;
  const active: Deployment = { ...deployment, state: 'active', counts: { waiting: 1 }, targets: [target] };

  test('are listed, shown, followed and canceled', async () => {
    let shown = active;
    await using daemon = await fakeDaemon(({ method, path }, response) => {
      if (path.startsWith('/api/v1/deployments?')) return json(response, 200, { items: [active] });
      if (method === 'POST') return json(response, 202, { ...active, state: 'canceled' });
      json(response, 200, shown);
      shown = deployment;
    });
    const say = (...argv: string[]) => cli(['deployments', ...argv], { url: daemon.url });
    expect((await say('--machine', 'p2')).stdout).toMatch(/8 {2}a@1 +active {2}1 waiting/);
    const one = await say('8');
    expect(one.stdout).toContain('p2       waiting  500 KB of 1.0 MB');
    expect(one.stdout).toContain('UNREACHABLE: no␇ answer');
    shown = active;
    expect(await say('8', '-f')).toMatchObject({
      exitCode: 0,
      stdout: 'deployment 8 of a@1 done: 1 already-current\n',
    });
    expect((await say('cancel', '8')).stdout).toBe('deployment 8 is canceled\n');
    expect(daemon.asked.map(({ path }) => path)).toContain('/api/v1/deployments?machine=p2&limit=20');
    expect((await say('cancel', 'eight')).exitCode).toBe(2);
  });
});

test('what fails names the machine to look at', async () => {
  const failed: Deployment = {
    ...deployment,
    state: 'failed',
    targets: [{ machine: 'dx4', state: 'failed', attempts: 0, bytesSent: 0, bytesTotal: 0 }],
  };
  await using daemon = await fakeDaemon((_, response) => json(response, 202, failed));
  const said = await cli(['deploy', 'a', '--all'], { url: daemon.url });
  expect(said).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('fleet98 why dx4') });
});
