import { mkdirSync, rmdirSync, renameSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { crcOf, encodeSpoolFile, type Line, type SpoolFolder } from '../../support/spool-folder.ts';
import { onBench, sharedBench, type AgentKit } from './agent-bench.ts';

const token = '00112233445566FF';
const daemon = 'DAE0000000000001';

/** A run whose program notes each of its starts, in some state between its delivery and its end. */
class Remains {
  readonly spool: SpoolFolder;
  readonly id: string;
  readonly dir: string;
  readonly #job: Buffer;

  constructor(spool: SpoolFolder, kit: AgentKit) {
    this.spool = spool;
    this.id = spool.nextId();
    this.dir = spool.placed({ 'NOTE.SH': kit.note });
    this.#job = spool.jobBytes(this.id, 'run', [
      ['dir', this.dir],
      ['exe', 'NOTE.SH'],
      ['arg', 'started'],
    ]);
  }

  get starts(): number {
    return (this.spool.read(`${this.dir}/STARTS.TXT`)?.toString() ?? '').split('\n').length - 1;
  }

  put(...states: readonly State[]): void {
    for (const state of states) {
      const [name, bytes] = this.files[state];
      this.spool.write(name, bytes);
    }
  }

  get files() {
    const { id } = this;
    const log = `#fleet98 1 ${id} ${token} clock=x step_us=1 boot=1\n@1 o 3\nabc\n`;
    return {
      'IN/TMP': [`IN/${id}.TMP`, this.#job],
      'half an IN/TMP': [`IN/${id}.TMP`, this.#job.subarray(0, 90)],
      JOB: [`IN/${id}.JOB`, this.#job],
      'an empty TMP': [`OUT/${id}.TMP`, ''],
      TMP: [`OUT/${id}.TMP`, ' '.repeat(2048)],
      'a written TMP': [`OUT/${id}.TMP`, Buffer.concat([this.end('exited'), Buffer.alloc(1500, ' ')])],
      RUN: [`RUN/${id}.RUN`, this.#job],
      'a cut RUN': [`RUN/${id}.RUN`, this.#job.subarray(0, 120)],
      'an empty RUN': [`RUN/${id}.RUN`, ''],
      'an empty LOG': [`OUT/${id}.LOG`, ''],
      LOG: [`OUT/${id}.LOG`, log],
      'a torn LOG': [`OUT/${id}.LOG`, log.slice(0, -2)],
      END: [`OUT/${id}.END`, this.end('exited')],
    } satisfies Record<string, [name: string, bytes: string | Buffer]>;
  }

  end(reason: string): Buffer {
    return encodeSpoolFile([
      ['v', 1],
      ['id', this.id],
      ['token', token],
      ['daemon', daemon],
      ['kind', 'run'],
      ['reason', reason],
      ['exit', 0],
      ['log_bytes', 123],
    ]);
  }
}

type State = keyof Remains['files'];

interface RunRow {
  readonly states: readonly State[];
  readonly reason?: string;
  readonly why?: string;
  readonly starts: number;
}

const runRows: readonly RunRow[] = [
  // Before the claim: it is done as if nothing had been.
  { states: ['IN/TMP'], starts: 0 },
  { states: ['half an IN/TMP'], starts: 0 },
  { states: ['JOB', 'an empty TMP'], reason: 'exited', starts: 1 },
  { states: ['JOB', 'TMP'], reason: 'exited', starts: 1 },
  { states: ['JOB', 'half an IN/TMP'], reason: 'exited', starts: 1 },
  // Claimed: it may have been started.
  { states: ['RUN', 'TMP'], reason: 'agent-restarted', starts: 0 },
  { states: ['RUN', 'an empty TMP'], reason: 'agent-restarted', starts: 0 },
  { states: ['RUN'], reason: 'agent-restarted', starts: 0 },
  { states: ['RUN', 'TMP', 'an empty LOG'], reason: 'agent-restarted', starts: 0 },
  { states: ['RUN', 'TMP', 'LOG'], reason: 'agent-restarted', starts: 0 },
  { states: ['RUN', 'TMP', 'a torn LOG'], reason: 'agent-restarted', starts: 0 },
  { states: ['RUN', 'a written TMP', 'LOG'], reason: 'agent-restarted', starts: 0 },
  { states: ['an empty RUN', 'TMP', 'LOG'], reason: 'bad-job', why: 'text', starts: 0 },
  { states: ['a cut RUN', 'TMP'], reason: 'bad-job', why: 'text', starts: 0 },
  // And delivered once more.
  { states: ['RUN', 'JOB', 'TMP'], reason: 'agent-restarted', starts: 0 },
  { states: ['RUN', 'JOB', 'TMP', 'LOG'], reason: 'agent-restarted', starts: 0 },
  { states: ['an empty RUN', 'JOB', 'TMP', 'LOG'], reason: 'agent-restarted', starts: 0 },
  // Ended: the END stays as it is.
  { states: ['RUN', 'END', 'LOG'], reason: 'exited', starts: 0 },
  { states: ['RUN', 'END', 'TMP'], reason: 'exited', starts: 0 },
  { states: ['RUN', 'JOB', 'END'], reason: 'exited', starts: 0 },
  { states: ['JOB', 'END', 'LOG'], reason: 'exited', starts: 0 },
  { states: ['END', 'a written TMP'], reason: 'exited', starts: 0 },
  // A LOG alone proves that there was a start.
  { states: ['JOB', 'LOG'], reason: 'bad-job', why: 'log-exists', starts: 0 },
  { states: ['JOB', 'an empty LOG', 'TMP'], reason: 'bad-job', why: 'log-exists', starts: 0 },
];

function runs(kit: AgentKit): void {
  const found = new Map<RunRow, Remains>();
  const bench = sharedBench(kit, (spool) => {
    for (const row of runRows) {
      const remains = new Remains(spool, kit);
      remains.put(...row.states);
      found.set(row, remains);
    }
  });

  test.each(runRows)('$states ends $reason $why after $starts starts', async (row) => {
    const { spool } = bench();
    const remains = found.get(row) ?? new Remains(spool, kit);
    if (row.reason !== undefined) {
      const end = await spool.end(remains.id);
      expect([end.get('reason'), end.get('why')]).toEqual([row.reason, row.why]);
    }
    // A later job is done when this one was looked at.
    await spool.end(spool.deliver('probe', []));
    expect(remains.starts).toBe(row.starts);
    const rest = [`IN/${remains.id}.JOB`, `RUN/${remains.id}.RUN`, `OUT/${remains.id}.TMP`];
    expect(rest.filter((name) => spool.has(name))).toEqual([]);
    for (const state of row.states) {
      const [name, bytes] = remains.files[state];
      if (/LOG|END/.test(state)) expect(spool.read(name)).toEqual(Buffer.from(bytes));
    }
  });
}

const names = ['A', 'B', 'C', 'D'] as const;
const older = 'B/000001DE';
const content = (name: string): string => `content of ${name} `.repeat(50);
const measured = (name: string): string => `${content(name).length},${crcOf(Buffer.from(content(name)))}`;

interface PlaceRow {
  readonly what: string;
  /** So many of the files are in the new folder already. */
  readonly placed: number;
  /** What else lies there. */
  readonly beside?: readonly [name: string, bytes: string | Buffer];
}

const wholeBundle = encodeSpoolFile([
  ['v', 1],
  ...names.map((name): Line => ['file', `${name},${measured(name)}`]),
]);

const placeRows: readonly PlaceRow[] = [
  ...[0, 1, 2, 3, 4].map((placed) => ({ what: `after ${placed} of 4 files`, placed })),
  { what: 'with half a copy', placed: 3, beside: ['PLACE.TMP', content('D').slice(0, 99)] },
  { what: 'with a copy that was not renamed', placed: 3, beside: ['PLACE.TMP', content('D')] },
  { what: 'with half a target', placed: 3, beside: ['D', content('D').slice(0, 99)] },
  { what: 'with half a BUNDLE.TMP', placed: 4, beside: ['BUNDLE.TMP', 'v=1\r\nid='] },
  { what: 'with a BUNDLE.TMP that was not renamed', placed: 4, beside: ['BUNDLE.TMP', wholeBundle] },
  { what: 'after BUNDLE.OK', placed: 4, beside: ['BUNDLE.OK', wholeBundle] },
];

/** Leaves an interrupted place: three files come from STAGE, the last one from an older bundle. */
function leavePlace(spool: SpoolFolder, { placed, beside }: PlaceRow): string {
  const id = spool.nextId();
  const staged = (name: string): string => `STAGE/${id}.${name}`;
  spool.write(`${older}/D`, content('D'));
  for (const [index, name] of names.entries()) {
    if (index < placed) spool.write(`B/${id}/${name}`, content(name));
    else if (name !== 'D') spool.write(staged(name), content(name));
  }
  if (beside) spool.write(`B/${id}/${beside[0]}`, beside[1]);
  const sources = names.map((name) => (name === 'D' ? `${older}/D` : staged(name)));
  const files = names.map((name, index): Line => ['file', `${sources[index]},${name},${measured(name)}`]);
  spool.write(`RUN/${id}.RUN`, spool.jobBytes(id, 'place', [['dir', `B/${id}`], ...files]));
  spool.write(`OUT/${id}.TMP`, ' '.repeat(2240));
  return id;
}

function places(kit: AgentKit): void {
  const found = new Map<PlaceRow, string>();
  let meddled = '';
  const bench = sharedBench(kit, (spool) => {
    for (const row of placeRows) found.set(row, leavePlace(spool, row));
    meddled = leavePlace(spool, { what: '', placed: 2, beside: ['B', 'somebody was here'] });
  });

  test.each(placeRows)('$what', async (row) => {
    const { spool } = bench();
    const id = found.get(row) ?? '';
    const end = await spool.end(id);
    const lines = names.map((name) => `${name},${measured(name)}`);
    expect([end.get('reason'), end.all('file')]).toEqual(['done', lines]);
    expect(spool.names(`B/${id}`)).toEqual(['A', 'B', 'BUNDLE.OK', 'C', 'D']);
    for (const name of names) expect(spool.read(`B/${id}/${name}`)?.toString()).toBe(content(name));
    expect(spool.entries(`B/${id}/BUNDLE.OK`).all('file')).toEqual(lines);
    expect(spool.names('STAGE').filter((name) => name.startsWith(id))).toEqual([]);
  });

  test('over a file that was changed meanwhile: there is no BUNDLE.OK', async () => {
    const { spool } = bench();
    const end = await spool.end(meddled);
    // Its source in STAGE is gone, so it has to be sent again.
    expect([end.get('reason'), end.get('bad')]).toEqual(['missing', 'B']);
    expect(spool.has(`B/${meddled}/BUNDLE.OK`)).toBe(false);
  });
}

const removeRows: readonly { readonly what: string; readonly left: readonly string[] }[] = [
  { what: 'at its claim', left: ['BUNDLE.OK', 'A', 'B', 'C'] },
  { what: 'after BUNDLE.OK', left: ['A', 'B', 'C'] },
  { what: 'after the first file', left: ['B', 'C'] },
  { what: 'after the last file', left: [] },
];

function removes(kit: AgentKit): void {
  const found = new Map<object, string>();
  const bench = sharedBench(kit, (spool) => {
    for (const row of removeRows) {
      const id = spool.nextId();
      mkdirSync(spool.path(`B/${id}`), { recursive: true });
      for (const name of row.left) spool.write(`B/${id}/${name}`, name);
      const files = ['A', 'B', 'C'].map((name): Line => ['file', name]);
      spool.write(`RUN/${id}.RUN`, spool.jobBytes(id, 'remove', [['dir', `B/${id}`], ...files]));
      spool.write(`OUT/${id}.TMP`, ' '.repeat(2048));
      found.set(row, id);
    }
  });

  test.each(removeRows)('$what', async (row) => {
    const { spool } = bench();
    const id = found.get(row) ?? '';
    expect((await spool.end(id)).get('reason')).toBe('done');
    expect(spool.has(`B/${id}`)).toBe(false);
  });
}

export function crashContract(kit: AgentKit): void {
  describe('in a run:', () => runs(kit));
  describe('in a place', () => places(kit));
  describe('in a remove', () => removes(kit));

  test('a second delivery does not outlive an END that is collected at once', () =>
    onBench(kit, async (bench) => {
      const { spool } = bench;
      const remains = new Remains(spool, kit);
      remains.put('RUN', 'JOB', 'TMP');
      // A long verify keeps the agent from looking into IN when the run's END is there already.
      const dir = spool.placed({ 'A.BIN': Buffer.alloc(30_000_000) });
      spool.write(
        'RUN/FFFFFFFE.RUN',
        spool.jobBytes('FFFFFFFE', 'verify', [
          ['dir', dir],
          ['file', 'A.BIN,1,00000000'],
        ]),
      );
      bench.launch();
      await spool.end(remains.id);
      renameSync(spool.path(`OUT/${remains.id}.END`), spool.path('COLLECTED'));
      await spool.end(spool.deliver('probe', [], 'FFFFFFFF'));
      expect([remains.starts, spool.has(`IN/${remains.id}.JOB`)]).toEqual([0, false]);
    }));

  test('an END that cannot be written now is written later', () =>
    onBench(kit, async (bench) => {
      const { spool } = bench;
      const remains = new Remains(spool, kit);
      remains.put('RUN', 'LOG');
      const blocked = spool.path(`OUT/${remains.id}.TMP`);
      mkdirSync(`${blocked}/IN.USE`, { recursive: true });
      await bench.start();
      expect(spool.has(`RUN/${remains.id}.RUN`)).toBe(true);
      // It works on meanwhile.
      expect((await spool.end(spool.deliver('probe', []))).get('reason')).toBe('done');
      rmdirSync(`${blocked}/IN.USE`);
      rmdirSync(blocked);
      expect((await spool.end(remains.id)).get('reason')).toBe('agent-restarted');
      expect(remains.starts).toBe(0);
    }));
}
