import { describe, expect, test } from 'vitest';
import { RunningAgent } from '../contract/agent/agent-bench.ts';
import { haveProgram, notTested } from '../contract/agent/build-agent.ts';
import { noteProgram } from '../contract/agent/programs.ts';
import { crcOf, SpoolFolder, testToken, until, type Line } from '../support/spool-folder.ts';
import { bothAgents, compile, shimmed, type StartWith } from './agents.ts';

const waitMs = 60_000;
/** More than any of the agents needs for all jobs; a walk that comes so far counts wrongly. */
const mostSteps = 400;

const measured = (bytes: string): string => `${bytes.length},${crcOf(Buffer.from(bytes))}`;
const files = [
  { name: 'A.BIN', source: 'STAGE/A.BIN', bytes: 'the first file' },
  { name: 'B.BIN', source: 'STAGE/B.BIN', bytes: '' },
  { name: 'C.BIN', source: 'B/000001DE/OLD.BIN', bytes: 'copied from an older bundle' },
];
const [placed, removed, engine] = ['B/00000001', 'B/00000002', 'B/00000003'];

/** One job of each kind, waiting. They are taken in this order. */
const jobs: readonly { readonly id: string; readonly kind: string; readonly lines: readonly Line[] }[] = [
  {
    id: '00000010',
    kind: 'place',
    lines: [
      ['dir', placed],
      ...files.map(({ name, source, bytes }): Line => ['file', `${source},${name},${measured(bytes)}`]),
    ],
  },
  {
    id: '00000020',
    kind: 'verify',
    lines: [['dir', placed], ...files.map(({ name, bytes }): Line => ['file', `${name},${measured(bytes)}`])],
  },
  {
    id: '00000030',
    kind: 'run',
    lines: [
      ['dir', engine],
      ['exe', 'NOTE.SH'],
      ['arg', 'started'],
      ['keep', 'STARTS.TXT'],
    ],
  },
  {
    id: '00000040',
    kind: 'kill',
    lines: [
      ['target', '00000030'],
      ['target_token', testToken],
    ],
  },
  {
    id: '00000050',
    kind: 'remove',
    lines: [
      ['dir', removed],
      ['file', 'A.BIN'],
      ['file', 'B.BIN'],
    ],
  },
  { id: '00000060', kind: 'probe', lines: [] },
];

function prepare(spool: SpoolFolder): void {
  for (const { source, bytes } of files) spool.write(source, bytes);
  spool.placed({ 'A.BIN': 'a', 'B.BIN': 'b' }, removed.slice(2));
  spool.placed({ 'NOTE.SH': noteProgram }, engine.slice(2));
  for (const { id, kind, lines } of jobs) spool.deliver(kind, lines, id);
}

/** What must be true at any instant, and so wherever an agent dies. */
function expectSafe(spool: SpoolFolder): void {
  if (spool.has(`${placed}/BUNDLE.OK`)) {
    for (const { name, bytes } of files) expect(spool.read(`${placed}/${name}`)?.toString()).toBe(bytes);
    expect(spool.entries(`${placed}/BUNDLE.OK`).all('file').length).toBe(files.length);
  }
  if (spool.has(`${removed}/BUNDLE.OK`)) expect(spool.names(removed).length).toBe(3);
  const log = spool.read('OUT/00000030.LOG');
  if (log !== undefined && log.length > 0) expect(spool.log('00000030').state).toBe('whole');
}

const ends = (spool: SpoolFolder): ReadonlyMap<string, Buffer | undefined> =>
  new Map(
    spool
      .names('OUT')
      .filter((name) => name.endsWith('.END'))
      .map((name) => [name, spool.read(`OUT/${name}`)]),
  );

async function expectSettled(spool: SpoolFolder): Promise<void> {
  const reasons = new Map<string, string | undefined>();
  for (const { id, kind } of jobs) {
    const end = await spool.end(id, waitMs);
    expect([end.get('id'), end.get('token'), end.get('kind')]).toEqual([id, testToken, kind]);
    reasons.set(kind, end.get('reason'));
  }
  for (const kind of ['place', 'verify', 'remove', 'probe']) expect(reasons.get(kind), kind).toBe('done');
  const run = reasons.get('run');
  // A kill that is done again after a death finds that its work is done.
  const kill = reasons.get('kill') ?? '';
  expect(run === 'killed' ? ['killed', 'already-ended'] : ['already-ended']).toContain(kill);
  const starts = (spool.read(`${engine}/STARTS.TXT`)?.toString() ?? '').split('\n').length - 1;
  if (run === 'exited') expect(starts).toBe(1);
  else expect([['killed', 'agent-restarted'].includes(run ?? ''), starts <= 1]).toEqual([true, true]);
  expect(spool.names(placed)).toEqual([...files.map(({ name }) => name), 'BUNDLE.OK'].toSorted());
  expect([spool.has(removed), spool.names('STAGE'), spool.names('IN'), spool.names('RUN')]).toEqual([
    false,
    [],
    [],
    [],
  ]);
  expect(spool.names('OUT').filter((name) => name.endsWith('.TMP'))).toEqual([]);
  expectSafe(spool);
}

/** Lets agents die at the given steps, one after the other, then one live. Whether the first one died. */
async function crash(start: StartWith, shim: string, dieAt: readonly number[]): Promise<boolean> {
  const spool = new SpoolFolder();
  const agents: RunningAgent[] = [];
  const died: boolean[] = [];
  try {
    prepare(spool);
    for (const step of [...dieAt, 0]) {
      const environment = shimmed(shim, { SHIM_DIE_AT: String(step), SHIM_SPOOL: spool.root });
      const before = ends(spool);
      const agent = new RunningAgent(start(spool.root, environment));
      agents.push(agent);
      let isOver = false;
      void agent.exited.then(() => (isOver = true));
      await until('all ENDs, or the death', () => isOver || isSettled(spool), waitMs);
      died.push(isOver);
      if (!isOver) break;
      expect((await agent.exited).signal).toBe('SIGKILL');
      expectSafe(spool);
      // What has been said stays said.
      for (const [name, bytes] of before) expect(spool.read(`OUT/${name}`)).toEqual(bytes);
    }
    await expectSettled(spool);
    return died[0] === true;
  } finally {
    await Promise.all(agents.map((agent) => agent.signal('SIGKILL')));
    spool.remove();
  }
}

const isSettled = (spool: SpoolFolder): boolean =>
  jobs.every(({ id }) => spool.has(`OUT/${id}.END`) && !spool.has(`RUN/${id}.RUN`));

if (process.platform === 'linux' && haveProgram('gcc') && haveProgram('make')) {
  const shim = compile('shim.c', '-shared', '-fPIC', '-ldl');

  // Node needs long to start: there each seventh step has to do.
  describe.each(bothAgents().map((agent, index) => ({ ...agent, stride: index === 0 ? 1 : 7 })))(
    'the agent $name',
    ({ start, stride }) => {
      test(
        'dies before each of its steps, the next one a few steps later: the third settles everything',
        async () => {
          let step = 1;
          while (step < mostSteps && (await crash(start, shim, [step, (step % 23) + 1]))) step += stride;
          expect(step).toBeGreaterThan(60);
          expect(step).toBeLessThan(mostSteps);
        },
        10 * waitMs,
      );
    },
  );
} else {
  notTested('the death of an agent at each of its steps', 'there is no Linux, gcc or make');
}
