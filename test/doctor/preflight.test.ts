import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Artifact } from '../../src/domain/artifact.ts';
import type { Plan, PlannedFile } from '../../src/doctor/preflight/plan.ts';
import { runPreflight } from '../../src/doctor/preflight/run-preflight.ts';
import { platforms } from '../../src/platforms/index.ts';

const MIB = 1024 * 1024;

function file(
  name: string,
  kind: Artifact['kind'],
  facts: Artifact['facts'] = {},
  sizeBytes = 1000,
): PlannedFile {
  return { name, sizeBytes, kind, facts, alreadyThere: false };
}

const win32 = {
  format: 'pe',
  bits: 32,
  machine: 'i386',
  subsystem: 'console',
  subsystemVersion: '4.0',
  library: false,
};
const engine = file('RUN.EXE', 'executable', win32);
const model = file('MODEL.BIN', 'checkpoint', { vocabSize: 512, byteOrder: 'little' }, MIB);
const tokenizer = file('TOK.BIN', 'tokenizer', { vocabSize: 512, byteOrder: 'little' });

const good: Plan = {
  platform: platforms.win9x,
  diskFreeBytes: 100 * MIB,
  ramKb: 128 * 1024,
  agentPresent: true,
  agentKinds: ['run', 'place', 'verify', 'kill', 'probe'],
  files: [engine, model, tokenizer],
  hasCommand: true,
  exe: 'RUN.EXE',
};

/** `level CODE` of each finding. */
const found = (change: Partial<Plan>): string[] =>
  runPreflight({ ...good, ...change }).map(({ level, code }) => `${level} ${code}`);

const started = (facts: Artifact['facts'], kind: Artifact['kind'] = 'executable'): Pick<Plan, 'files'> => ({
  files: [file('RUN.EXE', kind, facts)],
});

test('nothing is said about a good plan', () => {
  expect(runPreflight(good)).toEqual([]);
});

test('what is not known is no finding', () => {
  const { diskFreeBytes: _disk, ramKb: _ram, exe: _exe, ...unknown } = good;
  expect(runPreflight({ ...unknown, files: [file('DATA.X', 'other', {}, 90 * MIB)] })).toEqual([]);
});

describe('agent', () => {
  test.each<[string, Partial<Plan>, string[]]>([
    ['none', { agentPresent: false, agentKinds: [] }, ['warn AGENT_NEEDED']],
    ['none, for a delivery', { agentPresent: false, hasCommand: false }, ['info AGENT_NEEDED']],
    ['one that cannot place', { agentKinds: ['run'] }, ['block AGENT_UNKNOWN_KIND']],
    ['one that cannot run', { agentKinds: ['place'] }, ['block AGENT_UNKNOWN_KIND']],
    ['one that cannot run, for a delivery', { agentKinds: ['place'], hasCommand: false }, []],
  ])('%s', (_name, change, findings) => {
    expect(found(change)).toEqual(findings);
  });

  test('the kinds that are missing are named', () => {
    expect(runPreflight({ ...good, agentKinds: ['probe'] })[0]?.message).toContain('place and run');
  });
});

describe('names', () => {
  test.each([
    ['stories260K.bin', ['block NAME_NOT_8_3']],
    ['NUL.TXT', ['block NAME_NOT_8_3']],
    ['BUNDLE.OK', ['block NAME_NOT_8_3']],
    ['MODEL.BIN', ['block NAME_CLASH']],
    ['Model.bin', ['block NAME_NOT_8_3', 'block NAME_CLASH']],
  ])('%s', (name, findings) => {
    expect(found({ files: [...good.files, file(name, 'other')] })).toEqual(findings);
  });

  test('a name that would do is offered', () => {
    const [finding] = runPreflight({ ...good, files: [file('stories260K.bin', 'other')] });
    expect(finding?.message).toContain('STOR260K.BIN');
  });
});

describe('sizes and disk', () => {
  const sized = (sizeBytes: number): Partial<Plan> => ({
    files: [file('BIG.BIN', 'other', {}, sizeBytes)],
    diskFreeBytes: Number.MAX_SAFE_INTEGER,
  });
  test.each<[string, Partial<Plan>, string[]]>([
    ['2 GiB less 1 byte', sized(2 ** 31 - 1), []],
    ['2 GiB', sized(2 ** 31), ['warn FILE_LARGE']],
    ['4 GiB less 2 bytes', sized(2 ** 32 - 2), ['warn FILE_LARGE']],
    ['4 GiB less 1 byte', sized(2 ** 32 - 1), ['block FILE_TOO_LARGE']],
    ['TinyLlama on NT', { ...sized(4_400_717_852), platform: platforms.winnt }, ['warn FILE_LARGE']],
    [
      '2 GiB on DOS',
      { ...sized(2 ** 31), platform: platforms.msdos, hasCommand: false },
      ['block FILE_TOO_LARGE'],
    ],
  ])('%s', (_name, change, findings) => {
    expect(found(change)).toEqual(findings);
  });

  // 20 MiB with 5 % and 1 MiB more are 22 MiB.
  const twenty = file('BIG.BIN', 'other', {}, 20 * MIB);
  test.each<[string, Partial<Plan>, string[]]>([
    ['just enough', { files: [twenty], diskFreeBytes: 22 * MIB }, []],
    ['half of it there', { files: [{ ...twenty, presentBytes: 10 * MIB }], diskFreeBytes: 12 * MIB }, []],
    ['one byte too little', { files: [twenty], diskFreeBytes: 22 * MIB - 1 }, ['block DISK_TOO_SMALL']],
    [
      'two files together',
      { files: [twenty, { ...twenty, name: 'B' }], diskFreeBytes: 42 * MIB },
      ['block DISK_TOO_SMALL'],
    ],
    ['already there', { files: [{ ...twenty, alreadyThere: true }], diskFreeBytes: 0 }, []],
    ['too large but already there', { files: [{ ...twenty, sizeBytes: 2 ** 33, alreadyThere: true }] }, []],
  ])('%s', (_name, change, findings) => {
    expect(found(change)).toEqual(findings);
  });
});

describe('models', () => {
  const withFacts = (facts: Artifact['facts'], sizeBytes = MIB): PlannedFile =>
    file('MODEL.BIN', 'checkpoint', { ...model.facts, ...facts }, sizeBytes);
  test.each<[string, Partial<Plan>, string[]]>([
    [
      'damaged',
      { files: [withFacts({ damaged: true, sizeExpected: MIB + 1 })] },
      ['block CHECKPOINT_DAMAGED'],
    ],
    [
      'another tokenizer',
      { files: [withFacts({ vocabSize: 32_000 }), tokenizer] },
      ['block TOKENIZER_MISMATCH'],
    ],
    [
      'two models, one tokenizer',
      { files: [withFacts({ vocabSize: 32_000 }), { ...model, name: 'B' }, tokenizer] },
      [],
    ],
    [
      'one model, two tokenizers',
      { files: [withFacts({ vocabSize: 32_000 }), { ...tokenizer, name: 'B' }, tokenizer] },
      [],
    ],
    [
      'a model that does not say its vocabulary',
      { files: [file('A.GGU', 'checkpoint', { format: 'gguf' }), tokenizer] },
      [],
    ],
    [
      'a tokenizer that breaks off',
      { files: [model, file('TOK.BIN', 'tokenizer', { damaged: true, vocabSize: 500 })] },
      ['block TOKENIZER_DAMAGED'],
    ],
    ['big-endian on a PC', { files: [withFacts({ byteOrder: 'big' })] }, ['warn BYTE_ORDER']],
    ['big-endian on a Unix', { files: [withFacts({ byteOrder: 'big' })], platform: platforms.unix }, []],
    [
      'groups that do not fit',
      { files: [withFacts({ groupsFit: false, groupSize: 64 })] },
      ['warn CHECKPOINT_GROUPS'],
    ],
    ['more than the memory', { files: [model], ramKb: 1023 }, ['warn RAM_SMALL']],
    ['as much as the memory', { files: [model], ramKb: 1024 }, []],
    [
      'more than the memory with its cache',
      { files: [withFacts({ ramBytes: 2 * MIB })], ramKb: 1500 },
      ['warn RAM_SMALL'],
    ],
    ['more than the memory, but not run', { files: [model], ramKb: 512, hasCommand: false }, []],
  ])('%s', (_name, change, findings) => {
    expect(found(change)).toEqual(findings);
  });

  test('both sizes are named', () => {
    const [finding] = runPreflight({ ...good, files: [withFacts({ damaged: true, sizeExpected: MIB + 1 })] });
    expect(finding?.message).toContain('1048576');
    expect(finding?.message).toContain('1048577');
  });
});

const elf = { format: 'elf', machine: 'i386', bits: 32 };
const dos = { format: 'mz', machine: 'i8086' };

describe('the program that is started', () => {
  const block = ['block WRONG_EXECUTABLE'];
  const warn = ['warn WRONG_EXECUTABLE'];
  test.each<[string, keyof typeof platforms, Artifact['facts'], string[]]>([
    ['Win32', 'win9x', win32, []],
    ['Win32', 'winnt', win32, []],
    ['Win32', 'linux', win32, block],
    ['Win32', 'msdos', win32, block],
    ['Win32 for 98', 'win9x', { ...win32, subsystemVersion: '4.10' }, warn],
    ['Win32 for XP', 'win9x', { ...win32, subsystemVersion: '5.1' }, block],
    ['Win32 for XP', 'winnt', { ...win32, subsystemVersion: '5.1' }, warn],
    ['Win32 for NT 3.1', 'win9x', { ...win32, subsystemVersion: '3.10' }, []],
    ['Win64', 'win9x', { ...win32, machine: 'x86-64' }, block],
    ['Win64', 'winnt', { ...win32, machine: 'x86-64' }, warn],
    ['a driver', 'winnt', { ...win32, subsystem: 'native' }, block],
    ['a DLL', 'win9x', { ...win32, library: true }, block],
    ['Windows 3', 'win9x', { format: 'ne', machine: 'windows' }, []],
    ['OS/2', 'win9x', { format: 'ne', machine: 'os2' }, block],
    ['DOS', 'msdos', dos, []],
    ['DOS', 'win9x', dos, []],
    ['DOS', 'unix', dos, block],
    ['ELF', 'linux', elf, []],
    ['ELF', 'unix', elf, []],
    ['ELF', 'win9x', elf, block],
    ['a.out', 'linux', { format: 'aout', machine: 'i386' }, warn],
    ['Amiga', 'linux', { format: 'hunk', machine: 'm68k' }, block],
    ['Java', 'win9x', { format: 'java', machine: 'unknown' }, warn],
    ['no format at all', 'linux', {}, block],
    ['the format "constructor"', 'linux', { format: 'constructor' }, block],
  ])('%s on %s', (_name, id, facts, findings) => {
    const all = found({ platform: platforms[id], ...started(facts) });
    expect(all.filter((finding) => finding.endsWith('WRONG_EXECUTABLE'))).toEqual(findings);
  });

  test.each<[string, Artifact['kind'], Artifact['facts'], keyof typeof platforms, string[]]>([
    ['a batch file on Windows', 'script', { format: 'batch', lineEnds: 'crlf' }, 'win9x', []],
    [
      'a batch file with LF on Windows',
      'script',
      { format: 'batch', lineEnds: 'lf' },
      'win9x',
      ['warn SCRIPT_LINE_ENDS'],
    ],
    ['a batch file on Linux', 'script', { format: 'batch', lineEnds: 'crlf' }, 'linux', block],
    ['a shell script on Linux', 'script', { format: 'script', lineEnds: 'lf' }, 'linux', []],
    [
      'a shell script with CR on Linux',
      'script',
      { format: 'script', lineEnds: 'crlf' },
      'linux',
      ['warn SCRIPT_LINE_ENDS'],
    ],
    ['a shell script on Windows', 'script', { format: 'script', lineEnds: 'lf' }, 'win9x', block],
    ['a checkpoint', 'checkpoint', {}, 'win9x', block],
    ['an archive', 'archive', { format: 'zip' }, 'linux', block],
    ['a file without magic, such as .COM', 'other', {}, 'msdos', ['info RUN_UNSEEN']],
  ])('%s', (_name, kind, facts, id, findings) => {
    expect(found({ platform: platforms[id], ...started(facts, kind) })).toEqual(findings);
  });
});

test.each<[string, Partial<Plan>, string[]]>([
  [
    'a program beside it for another system',
    { files: [engine, file('OTHER', 'executable', elf)] },
    ['warn WRONG_EXECUTABLE'],
  ],
  [
    'a program in a delivery',
    { files: [file('RUN.EXE', 'executable', elf)], hasCommand: false },
    ['warn WRONG_EXECUTABLE'],
  ],
  ['a DLL beside it', { files: [engine, file('MSVCRT.DLL', 'executable', { ...win32, library: true })] }, []],
  [
    'a Java class beside it',
    { files: [engine, file('A.CLS', 'executable', { format: 'java', machine: 'unknown' })] },
    [],
  ],
  [
    'a script beside it',
    { files: [engine, file('X.SH', 'script', { format: 'script', lineEnds: 'lf' })] },
    [],
  ],
  [
    'a program that was cut',
    { files: [file('RUN.EXE', 'executable', { ...win32, damaged: true, sizeExpected: 2000 })] },
    ['block EXECUTABLE_DAMAGED'],
  ],
  ['DJGPP on Windows', started({ ...dos, needsDpmi: true }), []],
  [
    'DJGPP on DOS',
    { platform: platforms.msdos, ...started({ ...dos, needsDpmi: true }) },
    ['warn NEEDS_DPMI', 'info RUN_UNSEEN'],
  ],
  [
    'DJGPP on DOS with its host',
    {
      platform: platforms.msdos,
      files: [
        file('RUN.EXE', 'executable', { ...dos, needsDpmi: true }),
        file('CWSDPMI.EXE', 'executable', dos),
      ],
    },
    ['info RUN_UNSEEN'],
  ],
])('%s', (_name, change, findings) => {
  expect(found(change)).toEqual(findings);
});

test('findings are sentences for a person, whatever the plan is', () => {
  const anyFact = fc.oneof(fc.string({ maxLength: 20 }), fc.integer(), fc.boolean());
  const anyFile = fc.record({
    name: fc.string({ maxLength: 300 }),
    sizeBytes: fc.nat(),
    kind: fc.constantFrom<Artifact['kind']>('checkpoint', 'tokenizer', 'executable', 'script', 'other'),
    facts: fc.dictionary(
      fc.constantFrom('format', 'machine', 'damaged', 'vocabSize', 'subsystemVersion'),
      anyFact,
    ),
    alreadyThere: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(anyFile, { maxLength: 4 }),
      fc.constantFrom(...Object.values(platforms)),
      (files, platform) => {
        for (const { level, code, message } of runPreflight({
          ...good,
          files,
          platform,
          ramKb: 64,
          diskFreeBytes: 10,
        })) {
          expect(level).toMatch(/^(block|warn|info)$/);
          expect(code).toMatch(/^[A-Z0-9_]+$/);
          expect(message).toMatch(/\.$/);
        }
      },
    ),
  );
});
