import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { tidyBatch } from '../../src/transports/depot/work-lists.ts';
import { notTested } from '../contract/agent/build-agent.ts';
import type { SpoolFolder } from '../support/spool-folder.ts';
import { buildForDos, compileForDos, dosMissing, DosPc } from './dosbox.ts';

const machine = join(import.meta.dirname, '../../deploy-scripts/machine/msdos');
/** Ends a batch file that asks for it: a program that only exits with 4. */
const stop = Buffer.from([0xb8, 0x04, 0x4c, 0xcd, 0x21]);
const dosText = (lines: readonly string[]): Buffer =>
  Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1');

/** One visit of GO.BAT, and where the next one is described. */
const visit = (number: number, next: string): readonly string[] => [
  `IF EXIST DEPOT\\${number}.MRK GOTO ${next}`,
  `ECHO come > DEPOT\\${number}.MRK`,
  `IF EXIST OUT\\*.END COPY OUT\\*.END DEPOT\\${number} > NUL`,
  `IF EXIST OUT\\*.LOG COPY OUT\\*.LOG DEPOT\\${number} > NUL`,
  `IF EXIST DEPOT\\${number}\\TIDY.BAT COPY DEPOT\\${number}\\TIDY.BAT TIDY.BAT > NUL`,
  `COPY DEPOT\\${number}\\*.JOB IN > NUL`,
  'GOTO END',
];

function pullTests(): void {
  let agent: Buffer;
  let program: Buffer;
  let pc: DosPc;
  let spool: SpoolFolder;
  beforeAll(() => {
    agent = buildForDos().bytes;
    program = compileForDos('test/agent/dosprog.c');
  });
  beforeEach(() => {
    pc = new DosPc(agent);
    spool = pc.spool;
  });
  afterEach(() => pc.remove());

  beforeEach(() => {
    for (const name of ['PULL.BAT', 'DROP.BAT']) spool.write(name, readFileSync(join(machine, name)));
    spool.write('GO.FTP', dosText(['quit']));
    spool.write('MACHINE.ID', dosText(['eof=1']));
  });

  test('takes turns with the agent, and deletes what it is told to (GO.BAT copies from and to a mounted folder in place of the transfer)', async () => {
    const dir = spool.placed({ 'PROG.COM': program });
    const job = (id: string, word: string): Buffer =>
      spool.jobBytes(id, 'run', [
        ['dir', dir],
        ['exe', 'PROG.COM'],
        ['arg', 'say'],
        ['arg', word],
      ]);
    // The other end of the transfer: what waits for each visit, and what each brought.
    spool.write('DEPOT/1/A0000001.JOB', job('A0000001', 'first'));
    spool.write('DEPOT/2/A0000002.JOB', job('A0000002', 'second'));
    spool.write('DEPOT/2/TIDY.BAT', Buffer.from(tidyBatch(['A0000001.END', 'A0000001.LOG'])).subarray(0, -5));
    spool.write('DEPOT/3/A0000003.JOB', job('A0000003', 'third'));
    spool.write('DEPOT/STOP.COM', stop);
    spool.write(
      'GO.BAT',
      dosText([
        '@ECHO OFF',
        ...visit(1, 'TWO'),
        ':TWO',
        ...visit(2, 'THREE'),
        ':THREE',
        'COPY DEPOT\\STOP.COM AGENT.EXE > NUL',
        ...visit(3, 'END'),
        ':END',
      ]),
    );
    await pc.type('CALL PULL.BAT 9');
    expect(spool.has('DEPOT/2/A0000001.END')).toBe(true);
    expect(spool.has('DEPOT/3/A0000002.END')).toBe(true);
    // A TIDY.BAT that lacks its end has done what its whole lines say.
    expect(spool.has('OUT/A0000001.END') || spool.has('OUT/A0000001.LOG')).toBe(false);
    expect(spool.output('A0000002').toString()).toBe('second\n');
    expect(spool.has('IN/A0000003.JOB')).toBe(true);
    expect(spool.has('STAGE')).toBe(true);
  });

  test.each(['CALL', 'CALL DROP', 'CALL DROP A0000001', 'CALL DROP A0000001 L', ''])(
    'a TIDY.BAT that is cut to "%s" deletes nothing',
    async (line) => {
      for (const name of ['A0000001.END', 'A0000001.LOG', 'A0000002.K1']) {
        spool.write(`OUT/${name}`, dosText(['x']));
      }
      spool.write('TIDY.BAT', Buffer.from(`@ECHO OFF\r\n${line}`));
      await pc.type('CALL TIDY.BAT');
      expect(readdirSync(spool.path('OUT')).toSorted()).toEqual([
        'A0000001.END',
        'A0000001.LOG',
        'A0000002.K1',
      ]);
    },
  );

  test('calls nobody before it has joined', async () => {
    rmSync(spool.path('GO.FTP'));
    spool.write('GO.BAT', dosText(['ECHO called > CALLED.TXT']));
    await pc.type('CALL PULL.BAT');
    expect(spool.has('CALLED.TXT')).toBe(false);
  });
}

const missing = dosMissing();
if (missing === undefined) describe('PULL.BAT, in DOSBox', pullTests);
else notTested('PULL.BAT for DOS', missing);
