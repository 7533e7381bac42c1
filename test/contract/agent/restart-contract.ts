import { renameSync } from 'node:fs';
import { expect, test } from 'vitest';
import { crcOf, encodeSpoolFile, until, type Line, type SpoolFolder } from '../../support/spool-folder.ts';
import { onBench, type AgentKit } from './agent-bench.ts';
import { startLongRun } from './claim-contract.ts';

/** A job as an agent leaves it that dies after the claim. */
function claimed(spool: SpoolFolder, kind: string, lines: readonly Line[], id = spool.nextId()): string {
  spool.write(`RUN/${id}.RUN`, spool.jobBytes(id, kind, lines));
  spool.write(`OUT/${id}.TMP`, ' '.repeat(2048));
  return id;
}

const starts = (spool: SpoolFolder, dir: string): readonly string[] =>
  (spool.read(`${dir}/STARTS.TXT`)?.toString() ?? '').split('\n').slice(0, -1);

export function restartContract(kit: AgentKit): void {
  test('an agent that dies in the middle of a run takes its program with it where it can, and the next one says so', () =>
    onBench(kit, async (bench) => {
      const { spool } = bench;
      const first = await bench.start();
      const { id, pid } = await startLongRun(bench);
      await first.signal('SIGKILL');
      await until('the program to be gone', () => kit.isGone(pid, spool));
      const log = spool.read(`OUT/${id}.LOG`) ?? Buffer.alloc(0);
      await bench.start();
      const end = await spool.end(id);
      expect([end.get('kind'), end.get('reason'), end.get('token')]).toEqual([
        'run',
        'agent-restarted',
        '00112233445566FF',
      ]);
      expect([end.number('log_bytes'), end.get('log_crc32')]).toEqual([log.length, crcOf(log)]);
      expect(end.get('exit')).toBeUndefined();
      expect(spool.read(`OUT/${id}.LOG`)).toEqual(log);
      expect(spool.output(id).toString()).toBe('awake\n');
      expect((await spool.info('at all')).get('job')).toBe('-');
    }));

  test('an agent that dies before the claim: the job runs exactly once', () =>
    onBench(kit, async (bench) => {
      const { spool } = bench;
      const dir = spool.placed({ 'NOTE.SH': kit.note });
      const id = spool.deliver('run', [
        ['dir', dir],
        ['exe', 'NOTE.SH'],
        ['arg', 'once'],
      ]);
      // TMP comes before the rename that is the claim.
      spool.write(`OUT/${id}.TMP`, ' '.repeat(100));
      await bench.start();
      expect((await spool.end(id)).get('reason')).toBe('exited');
      expect(starts(spool, dir)).toEqual(['once']);
    }));

  test('an agent that dies at any instant: no job starts twice, and each gets its END', () =>
    onBench(kit, async (bench) => {
      const { spool } = bench;
      const dir = spool.placed({ 'NOTE.SH': kit.note });
      const ids: string[] = [];
      for (const file of ['IN', 'RUN', 'OUT']) {
        const agent = await bench.start();
        const id = spool.deliver('run', [
          ['dir', dir],
          ['exe', 'NOTE.SH'],
          ['arg', file],
        ]);
        ids.push(id);
        // Dies as soon as the job was seen there; IN at once.
        if (file !== 'IN') {
          await until(`the job in ${file}`, () => spool.names(file).some((name) => name.startsWith(id)));
        }
        await agent.signal('SIGKILL');
      }
      await bench.start();
      for (const id of ids) {
        expect((await spool.end(id)).get('reason')).toMatch(/^(exited|agent-restarted)$/);
      }
      const started = starts(spool, dir);
      expect(new Set(started).size).toBe(started.length);
    }));

  test.each(['', 'v=1\r\nkind=run\r\n'])(
    'a claim of which a disk’s repair has left the old name: told by it, never started by it (RUN: %j)',
    (left) =>
      onBench(kit, async (bench) => {
        const { spool } = bench;
        const dir = spool.placed({ 'NOTE.SH': kit.note });
        const id = spool.deliver('run', [
          ['dir', dir],
          ['exe', 'NOTE.SH'],
          ['arg', 'never'],
        ]);
        spool.write(`RUN/${id}.RUN`, left);
        const file = Buffer.from('measured');
        const other = spool.deliver('verify', [
          ['dir', spool.placed({ 'A.BIN': file })],
          ['file', `A.BIN,${file.length},${crcOf(file)}`],
        ]);
        spool.write(`RUN/${other}.RUN`, left);
        await bench.start();
        const ends = [await spool.end(id), await spool.end(other)];
        expect(ends.map((end) => [end.get('reason'), end.get('token')])).toEqual([
          ['agent-restarted', '00112233445566FF'],
          ['done', '00112233445566FF'],
        ]);
        expect(spool.names('IN')).toEqual([]);
        expect(starts(spool, dir)).toEqual([]);
      }),
  );

  test('with a whole LOG and no END the run is agent-restarted', () =>
    onBench(kit, async (bench) => {
      const { spool } = bench;
      const dir = spool.placed({ 'NOTE.SH': kit.note });
      const id = claimed(spool, 'run', [
        ['dir', dir],
        ['exe', 'NOTE.SH'],
        ['arg', 'again'],
      ]);
      const log = Buffer.from(
        `#fleet98 1 ${id} 00112233445566FF clock=x step_us=1 boot=1\n@1 o 3\nabc\n@2 o 9\nhal`,
      );
      spool.write(`OUT/${id}.LOG`, log);
      await bench.start();
      const end = await spool.end(id);
      expect(end.get('reason')).toBe('agent-restarted');
      expect([end.number('log_bytes'), end.get('log_crc32')]).toEqual([log.length, crcOf(log)]);
      expect(spool.read(`OUT/${id}.LOG`)).toEqual(log);
      expect(spool.has(`OUT/${id}.TMP`)).toBe(false);
      expect(starts(spool, dir)).toEqual([]);
    }));

  test('without a LOG it is agent-restarted with none', () =>
    onBench(kit, async (bench) => {
      const { spool } = bench;
      const id = claimed(spool, 'run', [
        ['dir', spool.placed({ 'NOTE.SH': kit.note })],
        ['exe', 'NOTE.SH'],
      ]);
      // Also when the TMP is lost.
      renameSync(spool.path(`OUT/${id}.TMP`), spool.path('ASIDE'));
      await bench.start();
      const end = await spool.end(id);
      expect([end.get('reason'), end.get('log_bytes'), end.get('log_crc32')]).toEqual([
        'agent-restarted',
        '0',
        '00000000',
      ]);
      expect(spool.has(`OUT/${id}.LOG`)).toBe(false);
    }));

  test('with an END there only RUN is removed', () =>
    onBench(kit, async (bench) => {
      const { spool } = bench;
      const dir = spool.placed({ 'NOTE.SH': kit.note });
      const id = claimed(spool, 'run', [
        ['dir', dir],
        ['exe', 'NOTE.SH'],
        ['arg', 'again'],
      ]);
      const old = encodeSpoolFile([
        ['v', 1],
        ['id', id],
        ['reason', 'exited'],
        ['exit', 4],
      ]);
      renameSync(spool.path(`OUT/${id}.TMP`), spool.path(`OUT/${id}.END`));
      spool.write(`OUT/${id}.END`, old);
      await bench.start();
      await until('RUN to be removed', () => !spool.has(`RUN/${id}.RUN`));
      expect(spool.read(`OUT/${id}.END`)).toEqual(old);
      expect(spool.names('OUT')).toEqual([`${id}.END`]);
      expect(starts(spool, dir)).toEqual([]);
    }));

  test('an interrupted place and verify are done again', () =>
    onBench(kit, async (bench) => {
      const { spool } = bench;
      const bytes = Buffer.from('engine');
      const file = `ENGINE.EXE,6,${crcOf(bytes)}`;
      spool.write('STAGE/ENGINE.EXE', bytes);
      const place = claimed(spool, 'place', [
        ['dir', 'B/0000F1A7'],
        ['file', `STAGE/ENGINE.EXE,${file}`],
      ]);
      const verify = claimed(spool, 'verify', [
        ['dir', spool.placed({ 'ENGINE.EXE': bytes })],
        ['file', file],
      ]);
      await bench.start();
      for (const id of [place, verify]) {
        const end = await spool.end(id);
        expect([end.get('reason'), end.all('file')]).toEqual(['done', [file]]);
      }
      expect(spool.read('B/0000F1A7/ENGINE.EXE')).toEqual(bytes);
      expect(spool.has('B/0000F1A7/BUNDLE.OK')).toBe(true);
    }));

  test('a kill and a probe are done again, after the runs', () =>
    onBench(kit, async (bench) => {
      const { spool } = bench;
      const run = 'F0000000';
      const kill = claimed(spool, 'kill', [
        ['target', run],
        ['target_token', '00112233445566FF'],
      ]);
      const probe = claimed(spool, 'probe', []);
      claimed(
        spool,
        'run',
        [
          ['dir', 'B/0000F1A7'],
          ['exe', 'NOTE.SH'],
        ],
        run,
      );
      await bench.start();
      const reasons = [];
      for (const id of [run, kill, probe]) reasons.push((await spool.end(id)).get('reason'));
      expect(reasons).toEqual(['agent-restarted', 'already-ended', 'done']);
    }));

  test('a job that was never understood ends bad-job', () =>
    onBench(kit, async (bench) => {
      const { spool } = bench;
      const id = claimed(spool, 'format', []);
      await bench.start();
      const end = await spool.end(id);
      expect([end.get('reason'), end.get('why')]).toEqual(['bad-job', 'kind']);
    }));

  test('a TMP without RUN is removed, other files of OUT stay', () =>
    onBench(kit, async (bench) => {
      const { spool } = bench;
      spool.write('OUT/00000001.TMP', ' '.repeat(2048));
      for (const name of ['00000002.LOG', '00000003.END', '00000003.K1']) spool.write(`OUT/${name}`, 'x');
      await bench.start();
      await until('TMP to be removed', () => !spool.has('OUT/00000001.TMP'));
      expect(spool.names('OUT')).toEqual(['00000002.LOG', '00000003.END', '00000003.K1']);
    }));
}
