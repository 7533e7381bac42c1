import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { cli, fakeDaemon, json } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleet98-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const program = Buffer.from([0x4d, 0x5a, 0, 255]);
const listed = {
  platform: 'win9x',
  file: 'AGENT.EXE',
  sizeBytes: 4,
  sha256: 'f'.repeat(64),
  version: '0.2.0',
  build: 'ab',
};

describe('agents', () => {
  test('lists the ready-made programs, and saves one', async () => {
    await using daemon = await fakeDaemon(({ path }, response) => {
      if (path === '/api/v1/agents') json(response, 200, { items: [listed] });
      else if (path === '/api/v1/agents/win9x/AGENT.EXE') response.end(program);
      else json(response, 404, { code: 'NOT_FOUND', detail: 'there is no ready-made NONE.EXE for win9x' });
    });
    const { url } = daemon;
    const { stdout } = await cli(['agents'], { url });
    expect(stdout).toMatch(/win9x +AGENT.EXE +4 B +0.2.0 +ab +f{64}\n$/);
    expect(JSON.parse((await cli(['agents', 'list', '--json'], { url })).stdout)).toEqual([listed]);
    const path = join(folder, 'SAVED.EXE');
    expect(await cli(['agents', 'get', 'win9x', 'AGENT.EXE', '-o', path], { url })).toMatchObject({
      exitCode: 0,
      stdout: `${path}: 4 B\n`,
    });
    expect(readFileSync(path).equals(program)).toBe(true);
    const piped = await cli(['agents', 'get', 'win9x', 'AGENT.EXE', '-o', '-'], { url });
    expect(piped.stdout).toBe(program.toString('latin1'));
    expect((await cli(['agents', 'get', 'win9x', 'NONE.EXE', '-o', path], { url })).exitCode).toBe(1);
    const nowhere = join(folder, 'no', 'where');
    expect(await cli(['agents', 'get', 'win9x', 'AGENT.EXE', '-o', nowhere], { url })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('cannot be written (ENOENT)'),
    });
  });
});

describe('machine agent', () => {
  test.each([
    ['done', 'p2 has agent 0.2.0 (b) now; before: 0.1.0 (a).\n'],
    ['already-current', 'p2 has agent 0.2.0 (b) already.\n'],
  ])('says what became of it: %s', async (state, text) => {
    const [from, to] = [
      { version: '0.1.0', build: 'a' },
      { version: '0.2.0', build: 'b' },
    ];
    await using daemon = await fakeDaemon((_, response) =>
      json(response, 200, { machine: 'p2', state, from, to }),
    );
    expect(await cli(['machine', 'agent', 'p2'], { url: daemon.url })).toMatchObject({
      exitCode: 0,
      stdout: text,
    });
    expect(daemon.asked.map(({ method, path }) => [method, path])).toEqual([
      ['POST', '/api/v1/machines/p2/agent'],
    ]);
  });

  test.each([
    ['old', ', old agent: fleet98 machine agent p2'],
    ['current', '\n'],
  ])('is what `machine show` says of one that is %s', async (age, text) => {
    const agent = { agent: 'agent98', version: '0.1.0', build: 'a', age };
    await using daemon = await fakeDaemon((_, response) =>
      json(response, 200, {
        name: 'p2',
        state: 'ready',
        health: 'good',
        host: 'h',
        port: 21,
        user: 'u',
        labels: {},
        agent,
      }),
    );
    const { stdout } = await cli(['machine', 'show', 'p2'], { url: daemon.url });
    expect(stdout).toContain(`agent98 0.1.0 (a)${text}`);
  });
});

describe('bundle create --recipe', () => {
  const paths = ['llama.exe', 'stories260K.bin', 'tok512.bin'].map((name) => join(folder, name));
  for (const path of paths) writeFileSync(path, 'bytes');

  test('uploads the files under their names on the machine, with the command of the recipe', async () => {
    await using daemon = await fakeDaemon(({ method }, response) =>
      method === 'PUT'
        ? json(response, 201, { sha256: 'a'.repeat(64), sizeBytes: 5 })
        : json(response, 201, {
            reference: 'llama98@1',
            files: [],
            engine: 'llama98',
            createdAt: '2026-01-01T00:00:00Z',
          }),
    );
    const { url } = daemon;
    expect(await cli(['bundle', 'create', '--recipe', 'llama98', ...paths], { url })).toMatchObject({
      exitCode: 0,
    });
    const body: unknown = JSON.parse(daemon.asked.at(-1)?.body ?? '');
    expect(body).toMatchObject({
      name: 'llama98',
      engine: 'llama98',
      command: { exe: 'LLAMA98.EXE', keep: ['DEBUG.LOG'] },
      files: [{ name: 'LLAMA98.EXE' }, { name: 'TOK512.BIN' }, { name: 'MODEL.BIN' }],
    });
    await cli(['bundle', 'create', '--recipe', 'llama98', '--name', 'mine', ...paths], { url });
    expect(JSON.parse(daemon.asked.at(-1)?.body ?? '')).toMatchObject({ name: 'mine' });
  });

  test.each([
    [['--recipe', 'llama98', 'x/llama.exe'], 'llama98 also needs TOK512.BIN'],
    [['--recipe', 'gpt', 'x.exe'], 'there is no recipe gpt; known are llama98, dosllam2, vellm, llama2c'],
    [['--recipe', 'llama98', '--exe', 'A.EXE', 'x.exe'], 'with --recipe give only the files'],
    [['one', 'two', '--file', 'A.TXT=a'], 'give the bundle one name'],
    [['--file', 'A.TXT=a'], 'give the bundle one name'],
  ])('%j is refused before anything is asked', async (args, why) => {
    const outcome = await cli(['bundle', 'create', ...args], { url: 'http://127.0.0.1:9' });
    expect(outcome).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(why) });
  });

  test('has a list of recipes that needs no daemon', async () => {
    const { exitCode, stdout } = await cli(['bundle', 'recipes']);
    expect(exitCode).toBe(0);
    for (const id of ['llama98', 'dosllam2', 'vellm', 'llama2c']) expect(stdout).toContain(`${id}: `);
    const asJson: unknown = JSON.parse((await cli(['bundle', 'recipes', '--json'])).stdout);
    expect(asJson).toMatchObject([{ id: 'llama98', exe: 'LLAMA98.EXE' }, {}, {}, {}]);
  });
});
