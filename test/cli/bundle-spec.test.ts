import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parseFile, parseParameter, readSpec } from '../../src/cli/bundle-spec.ts';
import { UsageError } from '../../src/cli/failures.ts';

const sha256 = 'ab'.repeat(32);

test.each([
  ['MODEL.BIN=models/stories.bin', { name: 'MODEL.BIN', path: resolve('models/stories.bin') }],
  ['A=b=c', { name: 'A', path: resolve('b=c') }],
  ['models/run.exe', { name: 'RUN.EXE', path: resolve('models/run.exe') }],
  [`MODEL.BIN=${sha256.toUpperCase()}`, { name: 'MODEL.BIN', sha256 }],
])('--file %s', (word, source) => {
  expect(parseFile(word)).toEqual(source);
});

test.each([
  [
    'prompt:text:-i:Once: upon a time',
    { name: 'prompt', type: 'text', flag: '-i', default: 'Once: upon a time' },
  ],
  ['prompt:text', { name: 'prompt', type: 'text' }],
  ['prompt:text::', { name: 'prompt', type: 'text', default: '' }],
  ['steps:integer:-n:256', { name: 'steps', type: 'integer', flag: '-n', default: 256 }],
  ['t:number:-t:0.5', { name: 't', type: 'number', flag: '-t', default: 0.5 }],
  ['m:choice(a|b):-m:a', { name: 'm', type: 'choice', choices: ['a', 'b'], flag: '-m', default: 'a' }],
])('--param %s', (word, parameter) => {
  expect(parseParameter(word)).toEqual(parameter);
});

test.each(['prompt', 'prompt:string', 'n:integer:-n:many', 'n:number:-n:', 'm:choice():-m'])(
  '--param %s is refused',
  (word) => {
    expect(() => parseParameter(word)).toThrow(UsageError);
  },
);

test.each(['=a', 'A=', ''])('--file %j is refused', (word) => {
  expect(() => parseFile(word)).toThrow(UsageError);
});

test('a spec has its paths from its own folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fleet98-spec-'));
  try {
    const path = join(folder, 'spec.json');
    const files = [
      { name: 'A.BIN', path: 'a.bin' },
      { name: 'B.BIN', sha256 },
    ];
    await writeFile(path, JSON.stringify({ files, engine: 'auto', command: { exe: 'A.EXE' } }));
    expect(await readSpec(path)).toEqual({
      files: [
        { name: 'A.BIN', path: join(folder, 'a.bin') },
        { name: 'B.BIN', sha256 },
      ],
      engine: 'auto',
      command: { exe: 'A.EXE' },
    });
    for (const bad of ['{', '[]', '{"files":[{"name":"A"}]}', '{"files":[{"path":"a"}]}']) {
      await writeFile(path, bad);
      await expect(readSpec(path)).rejects.toThrow(UsageError);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
