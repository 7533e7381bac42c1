import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { changedLabels } from '../../src/cli/commands/machine-label.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { waitFor } from '../support/wait-for.ts';
import { cli, fakeDaemon, json, TextOutput, type Asked } from './support.ts';

const machine = {
  name: 'attic-p2',
  state: 'ready',
  health: 'good',
  held: false,
  host: '192.168.1.98',
  port: 21,
  user: 'fleet',
  labels: { room: 'attic' },
  simulated: false,
};
const problem = (code: string, detail: string) => ({ code, detail, hint: 'Look there.' });

/** A person at a terminal, who types an answer when a question shows. */
async function converse(
  argv: readonly string[],
  url: string,
  answers: readonly (readonly [string, string])[],
) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stdout = new TextOutput();
  const stderr = new TextOutput();
  const done = runCli(argv, { stdout, stderr, stdin, env: { FLEET98_URL: url } });
  for (const [question, answer] of answers) {
    await waitFor(question, async () => stderr.text.endsWith(question));
    stdin.write(`${answer}\r`);
  }
  return { exitCode: await done, stdout: stdout.text, stderr: stderr.text };
}

const pathsOf = (asked: readonly Asked[]): string[] => asked.map(({ method, path }) => `${method} ${path}`);

const changesIn = (asked: readonly Asked[]) =>
  asked.filter(({ method }) => method === 'PATCH').map(({ body }) => JSON.parse(body));

describe('machine move', () => {
  test('keeps the new address when the machine answers there', async () => {
    await using daemon = await fakeDaemon((_, response) => json(response, 200, machine));
    const words = ['machine', 'move', 'attic-p2', '192.168.1.50', '--port', '2121'];
    expect(await cli(words, { url: daemon.url })).toMatchObject({ exitCode: 0, stderr: '' });
    expect(changesIn(daemon.asked)).toEqual([{ host: '192.168.1.50', port: 2121 }]);
    expect(daemon.asked.at(-1)?.path).toBe('/api/v1/machines/attic-p2/probe');
  });

  test('stays at the old one when another machine answers, or none', async () => {
    await using daemon = await fakeDaemon((asked, response) =>
      asked.path.endsWith('/probe')
        ? json(response, 409, problem('WRONG_MACHINE', 'it has another id'))
        : json(response, 200, machine),
    );
    const said = await cli(['machine', 'move', 'attic-p2', '192.168.1.50'], { url: daemon.url });
    expect(said.exitCode).not.toBe(0);
    expect(said.stderr).toContain('attic-p2 is still registered at 192.168.1.98:21.');
    expect(said.stderr).toContain('WRONG_MACHINE');
    expect(changesIn(daemon.asked)).toEqual([
      { host: '192.168.1.50', port: 21 },
      { host: '192.168.1.98', port: 21 },
    ]);
  });

  test('moves none that comes by itself', async () => {
    await using daemon = await fakeDaemon((_, response) =>
      json(response, 200, { ...machine, transport: 'depot' }),
    );
    expect((await cli(['machine', 'move', 'attic-p2', '10.0.0.1'], { url: daemon.url })).exitCode).toBe(2);
    expect(daemon.asked).toHaveLength(1);
  });
});

describe('machine add', () => {
  test('asks a person for what is missing, and for what the probe turns out to need', async () => {
    let probes = 0;
    await using daemon = await fakeDaemon((asked, response) => {
      if (!asked.path.endsWith('/probe')) return json(response, 200, machine);
      probes += 1;
      if (probes === 1) return json(response, 502, problem('LOGIN_REFUSED', 'it says 530'));
      if (probes === 2) return json(response, 404, problem('SPOOL_NOT_FOUND', 'none of the folders'));
      return json(response, 200, machine);
    });
    const said = await converse(['machine', 'add'], daemon.url, [
      ['Name for the machine (e.g. attic-p2): ', 'attic-p2'],
      ['Its address (e.g. 192.168.1.98): ', '192.168.1.98'],
      ['FTP user: ', 'fleet'],
      ['Password: ', 'win98-secret'],
      ['(e.g. /C/FLEET98): ', '/D/FLEET98'],
    ]);
    expect(said.exitCode).toBe(0);
    expect(said.stderr).not.toContain('win98-secret');
    expect(pathsOf(daemon.asked)).toEqual([
      'POST /api/v1/machines',
      'POST /api/v1/machines/attic-p2/probe',
      'PATCH /api/v1/machines/attic-p2',
      'POST /api/v1/machines/attic-p2/probe',
      'PATCH /api/v1/machines/attic-p2',
      'POST /api/v1/machines/attic-p2/probe',
    ]);
    expect(JSON.parse(daemon.asked[2]?.body ?? '')).toEqual({ user: 'fleet', password: 'win98-secret' });
    expect(JSON.parse(daemon.asked[4]?.body ?? '')).toEqual({ spool: '/D/FLEET98' });
  });

  test('asks nobody where nobody sits', async () => {
    await using daemon = await fakeDaemon((_asked, response) => json(response, 200, machine));
    const said = await cli(['machine', 'add'], { url: daemon.url });
    expect(said).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('NAME and HOST') });
    expect(daemon.asked).toEqual([]);
  });

  test('ends without a trace when the person ends the input', async () => {
    await using daemon = await fakeDaemon((_asked, response) => json(response, 200, machine));
    const said = await converse(['machine', 'add', 'attic-p2'], daemon.url, [
      ['Its address (e.g. 192.168.1.98): ', '\u0003'],
    ]);
    expect(said).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no answer was given') });
    expect(daemon.asked).toEqual([]);
  });
});

describe('machine label', () => {
  test.each([
    [['cpu=p2'], { room: 'attic', cpu: 'p2' }],
    [['room=cellar'], { room: 'cellar' }],
    [['room-'], {}],
    [['x=a=b', 'room-', 'y='], { x: 'a=b', y: '' }],
  ])('%j', (words, labels) => {
    expect(changedLabels({ room: 'attic' }, words)).toEqual(labels);
  });

  test.each([['room'], ['-'], ['=x'], ['']])('refuses %j', (word) => {
    expect(() => changedLabels({}, [word])).toThrow('KEY=VALUE');
  });

  test('keeps the labels that are not named', async () => {
    await using daemon = await fakeDaemon((_asked, response) => json(response, 200, machine));
    await cli(['machine', 'label', 'attic-p2', 'cpu=p2'], { url: daemon.url });
    expect(JSON.parse(daemon.asked[1]?.body ?? '')).toEqual({ labels: { room: 'attic', cpu: 'p2' } });
  });
});
