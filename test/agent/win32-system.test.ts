import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { dirname, join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { onBench, type AgentBench } from '../contract/agent/agent-bench.ts';
import type { AgentKit } from '../contract/agent/agent-kit.ts';
import { notTested } from '../contract/agent/build-agent.ts';
import { SpoolFolder, until } from '../support/spool-folder.ts';
import { startInTerminal, startInPrefix, winePath } from '../support/wine.ts';
import { agentInWine, buildForWindows, windowsMissing, windowsPrograms } from './windows.ts';

const pullBatch = join(import.meta.dirname, '../../deploy-scripts/machine/win9x/PULL.BAT');

interface Said {
  readonly code: number | null;
  readonly text: string;
}

async function listen(child: ChildProcess): Promise<Said> {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('latin1').on('data', (more: string) => (text += more));
  }
  const [code] = await once(child, 'close');
  return { code: typeof code === 'number' ? code : null, text };
}

/** A copy of a program in which a name that it imports or looks up is another one. */
function withOtherName(program: string, from: string, to: string): string {
  const bytes = readFileSync(program);
  const at = bytes.indexOf(`${from}\0`, 0, 'latin1');
  if (at < 0 || bytes.includes(`${from}\0`, at + 1, 'latin1')) throw new Error(`${from} is not there once`);
  bytes.write(to.padEnd(from.length, '\0'), at, 'latin1');
  const path = join(dirname(program), `${to.toUpperCase().slice(0, 8)}.EXE`);
  writeFileSync(path, bytes);
  return path;
}

async function onAgent(kit: AgentKit, look: (bench: AgentBench) => Promise<void>): Promise<void> {
  await onBench(kit, async (bench) => {
    await bench.start();
    await look(bench);
  });
}

function suite(prefix: string): void {
  const agent = buildForWindows(64);
  const programs = windowsPrograms();
  const kitOfAgent = (path: string): AgentKit => agentInWine(prefix, path, programs);
  const say = (...args: readonly string[]): Promise<Said> => listen(startInPrefix(prefix, agent, args));
  const registry = (...args: readonly string[]): Promise<Said> => listen(startInPrefix(prefix, 'reg', args));

  test('tells what the machine is', () =>
    onAgent(kitOfAgent(agent), async ({ spool }) => {
      const info = await spool.info('at all');
      expect(info.get('os')).toMatch(/^Windows 98 4\.10\.2222/);
      expect(info.get('cpu')).toMatch(/\w/);
      expect(info.number('mhz')).toBeGreaterThan(0);
      expect([info.get('platform'), info.get('arch'), info.get('clock')]).toEqual(['win9x', 'i386', 'qpc']);
      expect(info.get('path')).toBe(winePath(spool.root));
      expect(info.number('step_us')).toBeLessThan(1000);
      expect(info.get('disk_free_least')).toBeUndefined();
    }));

  test('begins the visits of AGENT.INI by itself, one after the other', () =>
    onBench(kitOfAgent(agent), async (bench) => {
      const { spool } = bench;
      spool.write('AGENT.INI', 'poll_ms=20\r\npull=PULL ONCE\r\npull_s=1\r\n');
      spool.write('PULL.BAT', readFileSync(pullBatch));
      spool.write('MACHINE.ID', 'eof=1\r\n');
      spool.write('GO.FTP', 'quit\r\n');
      spool.write(
        'GO.BAT',
        '@ECHO OFF\r\nECHO come>> VISITS.TXT\r\nECHO ECHO tidy^>^> VISITS.TXT> TIDY.BAT\r\n',
      );
      await bench.start();
      await until('two visits', () =>
        /^come\s+tidy\s+come\s+tidy/.test((spool.read('VISITS.TXT') ?? '').toString()),
      );
    }));

  test('where the system counts no more than 2 GB of free disk, it says that there may be more', () =>
    onAgent(kitOfAgent(withOtherName(agent, 'GetDiskFreeSpaceExA', 'NoSuchFunction')), async ({ spool }) => {
      const info = await spool.info('at all');
      expect(info.number('disk_free_kb')).toBeGreaterThan(2_000_000);
      expect(info.number('disk_free_kb')).toBeLessThan(2_100_000);
      expect(info.get('disk_free_least')).toBe('1');
    }));

  test('without a counter its clock is the tick, which does for a run', () =>
    // IsBadCodePtr takes as many arguments and says 0, which is what a system without a counter says.
    onAgent(kitOfAgent(withOtherName(agent, 'QueryPerformanceFrequency', 'IsBadCodePtr')), async (bench) => {
      const { spool, kit } = bench;
      const info = await spool.info('at all');
      expect(info.get('clock')).toBe('tick');
      expect(info.number('step_us')).toBeGreaterThanOrEqual(1000);
      const { files, lines } = kit.script('', ['tokens', '5', '20', 'hang']);
      const id = spool.deliver('run', [['dir', spool.placed(files)], ...lines, ['quiet_s', 1]]);
      const end = await spool.end(id);
      expect([end.get('reason'), spool.log(id).head?.clock]).toEqual(['quiet', 'tick']);
      const times = spool.log(id).records.map(({ ms }) => ms);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(end.number('wall_ms')).toBeGreaterThanOrEqual(1000);
    }));

  describe('on Windows NT', () => {
    const name = 'AGENTNT.EXE';
    const path = join(dirname(agent), name);
    const asNt = async (): Promise<AgentKit> => {
      writeFileSync(path, readFileSync(agent));
      const key = `HKCU\\Software\\Wine\\AppDefaults\\${name}`;
      expect((await registry('add', key, '/v', 'Version', '/d', 'winxp64', '/f')).code).toBe(0);
      return kitOfAgent(path);
    };

    test('the program and its children end with an agent that dies', async () => {
      const spool = new SpoolFolder();
      const kit = await asNt();
      const process = kit.start(spool.root);
      try {
        expect((await spool.info('at all')).get('platform')).toBe('winnt');
        const { files, lines } = kit.script('', ['child', 'hang', 'say', 'awake', 'hang']);
        const id = spool.deliver('run', [['dir', spool.placed(files)], ...lines]);
        await until('the program', () => spool.output(id).toString() === 'awake\n');
        expect(kit.isGone(0, spool)).toBe(false);
        process.kill('SIGKILL');
        await until('all of them to be gone', () => kit.isGone(0, spool));
      } finally {
        kit.tell(process, spool.root, 'SIGKILL');
        spool.remove();
      }
    });

    test('limit_s ends the children that hold the streams, too', async () =>
      onAgent(await asNt(), async ({ spool, kit }) => {
        const { files, lines } = kit.script('', ['child', 'both 100000 50', 'hang']);
        const id = spool.deliver('run', [['dir', spool.placed(files)], ...lines, ['limit_s', 1]]);
        const end = await spool.end(id);
        expect([end.get('reason'), end.get('exit')]).toEqual(['limit', '137']);
        expect(kit.isGone(0, spool)).toBe(true);
      }));
  });

  describe('with a switch', () => {
    const key = 'HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\RunServices';

    test('/install lets Windows 98 start it before anybody logs on, /remove takes that back', async () => {
      const spool = new SpoolFolder();
      try {
        const installed = await say('/install', winePath(spool.root));
        expect(installed).toEqual({ code: 0, text: expect.stringContaining('before anybody logs on') });
        const found = await registry('query', key, '/v', 'agent98');
        expect(found.text).toContain(`AGENT.EXE" /service "${winePath(spool.root)}"`);
        expect(await say('/remove')).toEqual({
          code: 0,
          text: expect.stringContaining('not started any more'),
        });
        expect((await registry('query', key, '/v', 'agent98')).code).not.toBe(0);
        expect(await say('/remove')).toEqual({ code: 0, text: expect.stringContaining('was not installed') });
      } finally {
        spool.remove();
      }
    });

    test('/service, as it is installed, it works like any other', async () => {
      const spool = new SpoolFolder();
      const child = startInPrefix(prefix, agent, ['/service', winePath(spool.root)]);
      try {
        await spool.info('at all');
        expect((await spool.end(spool.deliver('probe', []))).get('reason')).toBe('done');
        const over = once(child, 'exit');
        expect((await say('/stop', winePath(spool.root))).code).toBe(0);
        expect((await over)[0]).toBe(0);
      } finally {
        child.kill('SIGKILL');
        spool.remove();
      }
    });

    test.each([
      ['/install', 'there is no folder'],
      ['/stop', 'no agent works in'],
    ])('%s of a folder that is not there says so', async (option, words) => {
      expect(await say(option, 'Z:\\no\\such\\folder')).toEqual({
        code: 1,
        text: expect.stringContaining(words),
      });
    });
  });

  describe('in a window', () => {
    test('it says what it does, and H holds new jobs', async () => {
      const spool = new SpoolFolder();
      const { files, lines } = kitOfAgent(agent).script('', ['until', 'GO']);
      const shown = startInTerminal(prefix, agent, [winePath(spool.root)]);
      let text = '';
      shown.stdout?.setEncoding('latin1').on('data', (more: string) => (text += more));
      try {
        await until('the window', () => text.includes('H holds them') && text.includes('works in'));
        for (const words of [
          'on TESTBOX',
          `folder ${winePath(spool.root)}`,
          'last contact none',
          'job none',
        ]) {
          expect(text).toContain(words);
        }
        shown.stdin?.write('h');
        await spool.info('of the hold', (info) => info.get('hold') === '1');
        await until('the window to say so', () => text.includes('new jobs are held'));
        const dir = spool.placed(files);
        const id = spool.deliver('run', [['dir', dir], ...lines]);
        expect((await spool.end(spool.deliver('probe', []))).get('reason')).toBe('done');
        expect(spool.has(`IN/${id}.JOB`)).toBe(true);
        shown.stdin?.write('H');
        await until('the run', () => text.includes(`current job ${id}`));
        expect(text).toContain('safe to switch off: no');
        spool.write(`${dir}/GO`, '');
        expect((await spool.end(id)).get('exit')).toBe('0');
        expect(text).toMatch(/last contact \d\d:\d\d/);
        await say('/stop', winePath(spool.root));
        await once(shown, 'close');
      } finally {
        shown.kill('SIGKILL');
        spool.remove();
      }
    });
  });
}

const missing = windowsMissing();
if (missing === undefined) {
  const prefix = inject('winePrefix');
  describe('the agent for Windows', () => suite(prefix));
} else {
  notTested('what the agent for Windows knows of its system', missing);
}
