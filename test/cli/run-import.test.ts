import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { cli, fakeDaemon, json } from './support.ts';

const run = {
  id: 7,
  machine: 'attic',
  bundle: 'tale@1',
  state: 'succeeded',
  tokens: 4,
  flags: ['by-hand'],
  parameters: {},
};
const said = 'run 7 on attic succeeded: 4 tokens, brought by hand\nNext: fleet98 runs 7\n';

async function desk() {
  const folder = mkdtempSync(join(tmpdir(), 'fleet98-floppy-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'RUN.TXT'), 'Once upon a time');
  writeFileSync(join(folder, '0012ABCD.LOG'), '#fleet98 1 …');
  writeFileSync(join(folder, '0012abcd.end'), 'v=1\r\n\xFF', 'latin1');
  writeFileSync(join(folder, 'OTHER.END'), 'v=2\r\n');
  const daemon = await fakeDaemon(({ method }, response) =>
    json(response, 200, method === 'PUT' ? { sha256: 'ab' } : run),
  );
  return { daemon, file: (name: string) => join(folder, name) };
}

test.each<[string, string[], object]>([
  [
    'RUN.TXT',
    ['--machine', 'attic', '--bundle', 'tale', '-n', '60', '--exit', '1'],
    { machine: 'attic', bundle: 'tale', exitCode: 1, parameters: { steps: 60 } },
  ],
  ['0012ABCD.LOG', [], { end: 'v=1\r\n\u00FF' }],
  ['0012ABCD.LOG', ['--exit', '0'], { exitCode: 0 }],
  ['0012ABCD.LOG', ['--end', 'OTHER.END'], { end: 'v=2\r\n' }],
])('run import %s %j', async (name, words, body) => {
  const { daemon, file } = await desk();
  await using _ = daemon;
  const given = words.map((word) => (word.endsWith('.END') ? file(word) : word));
  const answer = await cli(['run', 'import', file(name), ...given], { url: daemon.url });
  expect(answer).toMatchObject({ exitCode: 0, stdout: said });
  expect(daemon.asked.map(({ method, path }) => [method, path])).toEqual([
    ['PUT', `/api/v1/artifacts/${name}`],
    ['POST', '/api/v1/runs/import'],
  ]);
  expect(JSON.parse(daemon.asked[1]?.body ?? '')).toEqual({ log: 'ab', ...body });
});

test('run import says what it cannot read, before anything is sent', async () => {
  const { daemon, file } = await desk();
  await using _ = daemon;
  for (const words of [[file('NONE.LOG')], [file('RUN.TXT'), '--end', file('NONE.END')]]) {
    const answer = await cli(['run', 'import', ...words], { url: daemon.url });
    expect(answer.exitCode).toBe(2);
    expect(answer.stderr).toContain('NONE.');
  }
  expect(daemon.asked).toEqual([]);
});

test('a machine without a cable is registered without an address, and not asked', async () => {
  const { daemon } = await desk();
  await using _ = daemon;
  const words = ['machine', 'add', 'attic', '--by-hand', '--platform', 'msdos'];
  expect((await cli([...words, '--json'], { url: daemon.url })).exitCode).toBe(0);
  expect(daemon.asked).toHaveLength(1);
  const body = JSON.parse(daemon.asked[0]?.body ?? '');
  expect(body).toEqual({
    name: 'attic',
    transport: 'depot',
    platform: 'msdos',
    password: expect.stringMatching(/^.{30,}$/),
  });
  const withHost = await cli(['machine', 'add', 'attic', '10.0.0.1', '--by-hand'], { url: daemon.url });
  expect(withHost.exitCode).toBe(2);
});
