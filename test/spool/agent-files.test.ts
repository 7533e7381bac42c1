import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAgentInfo } from '../../src/spool/agent-info.ts';
import { decodeBundleOk } from '../../src/spool/bundle-ok.ts';
import { decodeEnd } from '../../src/spool/end-file.ts';
import { decodeMachineId, decodeOwner, encodeMachineId, encodeOwner } from '../../src/spool/identity-file.ts';
import { encodeKeyValues } from '../../src/spool/key-value.ts';
import type { KeyValue } from '../../src/spool/key-value.ts';

const daemon = 'FEDCBA9876543210';
const mark = { id: '0012ABCD', token: '0123456789ABCDEF', daemon };

/** The base with some keys set to something else; undefined removes one. */
function fileWith(base: Record<string, string>, change: Record<string, string | undefined>): Uint8Array {
  const entries = Object.entries({ ...base, ...change });
  return encodeKeyValues(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

describe('END', () => {
  const base = { v: '1', ...mark, kind: 'run', reason: 'exited' };

  test('of a run', () => {
    const bytes = encodeKeyValues([
      ...Object.entries({ ...base, exit: '0', pid: '4294023517', wall_ms: '1234.5' }),
      ...Object.entries({ o_bytes: '200', e_bytes: '26' }),
      ...Object.entries({ log_bytes: '400', log_crc32: 'DEADBEEF', log: 'cut', blocked_ms: '7' }),
      ['keep', 'DEBUG.LOG,1,55,0000ABCD'],
      ['keep', 'OTHER.LOG,2,0,00000000'],
    ]);
    expect(decodeEnd(bytes)).toEqual({
      state: 'ok',
      ...mark,
      kind: 'run',
      files: [],
      end: {
        reason: 'exited',
        exitCode: 0,
        pid: 4_294_023_517,
        wallMs: 1234.5,
        outputBytes: 200,
        errorBytes: 26,
        logBytes: 400,
        logCrc32: 'DEADBEEF',
        logCut: true,
        blockedMs: 7,
        kept: [
          { name: 'DEBUG.LOG', slot: 1, sizeBytes: 55, crc32: '0000ABCD' },
          { name: 'OTHER.LOG', slot: 2, sizeBytes: 0, crc32: '00000000' },
        ],
      },
    });
  });

  test('of a place job that did not match', () => {
    const bytes = encodeKeyValues([
      ...Object.entries({ ...base, kind: 'place', reason: 'mismatch', bad: 'B.BIN' }),
      ['file', 'A.BIN,10,00000001'],
      ['file', 'B.BIN,11,00000002'],
    ]);
    const decoded = decodeEnd(bytes);
    expect(decoded).toMatchObject({ state: 'ok', kind: 'place', bad: 'B.BIN', end: { reason: 'mismatch' } });
    expect(decoded.state === 'ok' && decoded.files).toEqual([
      { name: 'A.BIN', sizeBytes: 10, crc32: '00000001' },
      { name: 'B.BIN', sizeBytes: 11, crc32: '00000002' },
    ]);
  });

  test('shows the system’s words safely', () => {
    const bytes = fileWith(base, {
      reason: 'start-failed',
      oserr: '193 \u001b[31mbad\r\n exe',
      why: 'x'.repeat(999),
    });
    const decoded = decodeEnd(bytes);
    if (decoded.state !== 'ok') throw new Error(decoded.state);
    expect(decoded.end.systemError).toBe('193 \uFFFD[31mbad\uFFFD\uFFFD exe');
    expect(decoded.end.why).toHaveLength(300);
  });

  test.each([
    ['3221225477', 3_221_225_477],
    ['-1073741819', -1_073_741_819],
    ['143', 143],
  ])('may have exit code %s', (exit, exitCode) => {
    expect(decodeEnd(fileWith(base, { exit }))).toMatchObject({ state: 'ok', end: { exitCode } });
  });

  const wrong: readonly [Record<string, string | undefined>][] = [
    [{ v: '2' }],
    [{ v: undefined }],
    [{ id: '0012abcd' }],
    [{ token: undefined }],
    [{ daemon: 'x' }],
    [{ kind: '' }],
    [{ reason: undefined }],
    [{ reason: 'Because I say so' }],
    [{ exit: '99999999999' }],
    [{ exit: '1.5' }],
    [{ exit: 'null' }],
    [{ signal: '0' }],
    [{ pid: '0' }],
    [{ pid: '4294967296' }],
    [{ wall_ms: '-1' }],
    [{ o_bytes: '1e9' }],
    [{ log_bytes: '9999999999999999' }],
    [{ log_crc32: 'deadbeef' }],
    [{ keep: 'DEBUG.LOG,0,55,0000ABCD' }],
    [{ keep: '../ETC,1,55,0000ABCD' }],
    [{ file: 'A.BIN,10' }],
    [{ file: 'A.BIN,10,00000001,more' }],
    [{ file: 'NUL.BIN,10,00000001' }],
  ];
  test.each(wrong)('with %o is damaged, and says by what', (change) => {
    const decoded = decodeEnd(fileWith(base, change));
    expect(decoded).toMatchObject({ state: 'damaged' });
    expect(decoded.state === 'damaged' && decoded.why).toContain(`'${Object.keys(change)[0]}'`);
  });

  test('with too many files is damaged', () => {
    const files = Array.from({ length: 65 }, (_, n): KeyValue => ['file', `A${n}.BIN,1,00000001`]);
    expect(decodeEnd(encodeKeyValues([...Object.entries(base), ...files])).state).toBe('damaged');
  });

  test('that is cut is not there yet', () => {
    expect(decodeEnd(fileWith(base, {}).subarray(0, 60))).toEqual({ state: 'incomplete' });
  });
});

describe('AGENT.NFO', () => {
  const base = {
    v: '1',
    agent: 'agent98',
    version: '0.1.0',
    build: 'A1B2C3',
    platform: 'win9x',
    os: 'Windows 98 4.10.2222 A',
    name: 'OLDBOX',
    path: 'C:\\FLEET98',
    cpu: 'Pentium II',
    mhz: '349.2',
    ram_kb: '130484',
    ram_free_kb: '65536',
    disk_free_kb: '1048576',
    clock: 'GetTickCount',
    step_us: '55000',
    uptime_s: '4294967',
    boot: '7',
    seq: '42',
    job: '0012ABCD',
    child_pid: '4294023517',
    agent_pid: '4294018633',
    kinds: 'run,place,verify,kill,probe',
    hold: '1',
    simulated: '1',
  };

  test('says all it can', () => {
    expect(decodeAgentInfo(fileWith(base, {}))).toEqual({
      state: 'ok',
      facts: {
        agent: 'agent98',
        version: '0.1.0',
        build: 'A1B2C3',
        platform: 'win9x',
        os: 'Windows 98 4.10.2222 A',
        name: 'OLDBOX',
        path: 'C:\\FLEET98',
        cpu: 'Pentium II',
        mhz: 349.2,
        ramKb: 130_484,
        ramFreeKb: 65_536,
        diskFreeKb: 1_048_576,
        clock: 'GetTickCount',
        stepUs: 55_000,
        uptimeSeconds: 4_294_967,
        boot: 7,
        sequence: 42,
        job: '0012ABCD',
        childPid: 4_294_023_517,
        agentPid: 4_294_018_633,
        kinds: ['run', 'place', 'verify', 'kill', 'probe'],
        hold: true,
        simulated: true,
      },
    });
  });

  test('may say next to nothing', () => {
    expect(decodeAgentInfo(fileWith({ v: '1', boot: '1', job: '-' }, {}))).toMatchObject({
      state: 'ok',
      facts: { agent: '', boot: 1, sequence: 0, kinds: [], hold: false, simulated: false },
    });
  });

  test.each([
    ['mhz', '0', 'mhz'],
    ['mhz', '99999999', 'mhz'],
    ['ram_kb', '-5', 'ramKb'],
    ['disk_free_kb', '99999999999999999999', 'diskFreeKb'],
    ['step_us', '0', 'stepUs'],
    ['child_pid', 'NaN', 'childPid'],
    ['job', '../../AB', 'job'],
  ])('%s=%s is dropped', (key, text, field) => {
    const decoded = decodeAgentInfo(fileWith(base, { [key]: text }));
    expect(decoded.state === 'ok' && Object.keys(decoded.facts)).not.toContain(field);
  });

  test('has words cut and made safe to show', () => {
    const decoded = decodeAgentInfo(
      fileWith(base, {
        os: `\u001b]0;x\u0007${'a'.repeat(5_000)}`,
        name: `${'b'.repeat(199)}\u{1F600}`,
        cpu: '\u202eUPC',
      }),
    );
    if (decoded.state !== 'ok') throw new Error(decoded.state);
    expect(decoded.facts.os).toHaveLength(200);
    expect(decoded.facts.os.startsWith('\uFFFD]0;x\uFFFDaaa')).toBe(true);
    expect(decoded.facts.name).toBe('b'.repeat(199));
    expect(decoded.facts.cpu).toBe('\uFFFDUPC');
  });

  test('lists each kind once, and only what can be one', () => {
    const decoded = decodeAgentInfo(fileWith(base, { kinds: 'run,RUN,run,,<b>,place' }));
    expect(decoded.state === 'ok' && decoded.facts.kinds).toEqual(['run', 'place']);
  });

  test.each([{ boot: undefined }, { boot: 'x' }, { v: '2' }])('with %o is damaged', (change) => {
    expect(decodeAgentInfo(fileWith(base, change)).state).toBe('damaged');
  });
});

describe('the small files', () => {
  test('MACHINE.ID is read back', () => {
    const file = { machine: 'm_3f9c', daemon };
    const bytes = encodeMachineId(file);
    expect(Buffer.from(bytes).toString()).toBe(`v=1\r\nmachine=m_3f9c\r\ndaemon=${daemon}\r\neof=1\r\n`);
    expect(decodeMachineId(bytes)).toEqual({ state: 'ok', ...file });
  });

  test('OWNER.TXT is read back', () => {
    expect(decodeOwner(encodeOwner({ daemon }))).toEqual({ state: 'ok', daemon });
  });

  test.each([{ v: '2' }, { machine: '' }, { machine: 'a b' }, { daemon: undefined }])(
    'MACHINE.ID with %o is damaged',
    (change) => {
      expect(decodeMachineId(fileWith({ v: '1', machine: 'm1', daemon }, change)).state).toBe('damaged');
    },
  );

  test('OWNER.TXT of somebody who is nobody is damaged', () => {
    expect(decodeOwner(fileWith({ v: '1', daemon: 'me' }, {})).state).toBe('damaged');
  });

  test('BUNDLE.OK lists what was placed', () => {
    const bytes = encodeKeyValues([
      ...Object.entries({ v: '1', ...mark }),
      ['file', 'RUN.EXE,100,0000000A'],
      ['file', 'MODEL.BIN,1056540,DEADBEEF'],
    ]);
    expect(decodeBundleOk(bytes)).toEqual({
      state: 'ok',
      ...mark,
      files: [
        { name: 'RUN.EXE', sizeBytes: 100, crc32: '0000000A' },
        { name: 'MODEL.BIN', sizeBytes: 1_056_540, crc32: 'DEADBEEF' },
      ],
    });
  });

  test.each([{ file: 'RUN.EXE,100' }, { id: 'x' }])('BUNDLE.OK with %o is damaged', (change) => {
    expect(decodeBundleOk(fileWith({ v: '1', ...mark, file: 'A,1,00000001' }, change)).state).toBe('damaged');
  });
});

test('no file of an agent makes a reader throw', () => {
  const base = encodeKeyValues(
    Object.entries({
      v: '1',
      ...mark,
      kind: 'run',
      reason: 'exited',
      exit: '0',
      boot: '1',
      machine: 'm1',
      file: 'A,1,00000001',
    }),
  );
  const readers = [decodeEnd, decodeAgentInfo, decodeBundleOk, decodeMachineId, decodeOwner];
  fc.assert(
    fc.property(fc.nat(base.length - 1), fc.nat(255), fc.nat(base.length), (at, byte, end) => {
      const bytes = base.slice(0, Math.max(end, at + 1));
      bytes[at] = byte;
      for (const decode of readers) expect(['ok', 'damaged', 'incomplete']).toContain(decode(bytes).state);
    }),
  );
});
