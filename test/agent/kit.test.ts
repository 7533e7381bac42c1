import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { floppyImage } from '../../src/cli/kit/fat12.ts';
import { cdImage } from '../../src/cli/kit/iso9660.ts';
import type { KitFile } from '../../src/cli/kit/kit-file.ts';
import { kitPlan } from '../../src/cli/kit/kit-plan.ts';
import { haveProgram, notTested } from '../contract/agent/build-agent.ts';

/** Kits as other programs read them, and what their SETUP does. */

const machine = join(import.meta.dirname, '../../deploy-scripts/machine');
const request = { name: 'ATTIC', password: 'abc23456789x', host: undefined };

function filesOf(platform: string): readonly KitFile[] {
  const plan = kitPlan({ ...request, platform });
  const programs = (plan?.programs ?? []).map((name) => ({
    name,
    bytes: readFileSync(join(machine, platform, name)),
  }));
  return [...programs, ...(plan?.files ?? [])];
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleet98-kit-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function writeKit(platform: string): string {
  const path = join(folder, 'KIT.IMG');
  writeFileSync(path, floppyImage(filesOf(platform), 'FLEET98', new Date('1998-06-25T12:30:02Z')));
  return path;
}

if (haveProgram('mcopy')) {
  test.each(['win9x', 'msdos', 'linux-i386', 'linux-armel', 'linux-x86_64'])(
    'mtools reads the disk for %s',
    (platform) => {
      const image = writeKit(platform);
      const listed = spawnSync('mdir', ['-i', image, '::'], { encoding: 'latin1' });
      expect(listed).toMatchObject({ status: 0, stderr: '' });
      expect(listed.stdout).toMatch(/is FLEET98/);
      expect(listed.stdout).toMatch(/AGENT +EXE +\d+ 1998-06-25 +12:30/);
      const to = join(folder, 'out');
      mkdirSync(to);
      expect(spawnSync('mcopy', ['-i', image, '::*', to]).status).toBe(0);
      for (const { name, bytes } of filesOf(platform))
        expect(readFileSync(join(to, name)).equals(bytes), name).toBe(true);
    },
  );
} else {
  notTested('the disks of kits with mtools', 'there is no mcopy');
}

if (haveProgram('isoinfo')) {
  test.each(['win9x', 'msdos', 'linux-armel'])('isoinfo reads the CD for %s', (platform) => {
    const path = join(folder, 'KIT.ISO');
    writeFileSync(path, cdImage(filesOf(platform), 'FLEET98', new Date('1998-06-25T12:30:02Z')));
    const listed = spawnSync('isoinfo', ['-l', '-i', path], { encoding: 'latin1' });
    expect(listed).toMatchObject({ status: 0, stderr: '' });
    expect(listed.stdout).toMatch(/ +\d+ Jun 25 1998 .+ AGENT\.EXE;1/);
    for (const { name, bytes } of filesOf(platform)) {
      const read = spawnSync('isoinfo', ['-x', `/${name};1`, '-i', path]);
      expect(read.stdout.equals(bytes), name).toBe(true);
    }
  });
} else {
  notTested('the CDs of kits with isoinfo', 'there is no isoinfo');
}

const setUp = (target: string) => spawnSync('sh', [join(folder, 'SETUP.SH'), target], { encoding: 'utf8' });

describe('SETUP.SH', () => {
  beforeEach(() => {
    for (const { name, bytes } of filesOf('linux-x86_64')) writeFileSync(join(folder, name), bytes);
  });

  test('puts the agent where it is told, ready to be started', () => {
    const target = join(folder, 'home', 'FLEET98');
    expect(setUp(target)).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(target).toSorted()).toEqual(['AGENT.EXE', 'AGENT.INI']);
    expect(spawnSync(join(target, 'AGENT.EXE'), ['--version'], { encoding: 'utf8' }).stdout).toMatch(
      /^agent98 /,
    );
  });

  test('changes nothing on a machine of a fleet', () => {
    const target = join(folder, 'FLEET98');
    mkdirSync(target);
    writeFileSync(join(target, 'MACHINE.ID'), 'x');
    expect(setUp(target)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('belongs to a fleet already'),
    });
    expect(readdirSync(target)).toEqual(['MACHINE.ID']);
  });
});

/** SETUP typed at A: of a PC with DOS, whose C: is a folder. What it says is not seen: DOSBox sends no batch file's output to a file. */
async function setUpInDos(disk: string, image: string): Promise<void> {
  writeFileSync(join(disk, 'GO.BAT'), 'A:\r\nCALL SETUP.BAT\r\n');
  const commands = [`mount c ${disk}`, `imgmount a ${image} -t floppy`, 'c:', 'call GO.BAT', 'exit'];
  const emulator = spawn('dosbox', ['-noconsole', ...commands.flatMap((command) => ['-c', command])], {
    env: { ...process.env, SDL_VIDEODRIVER: 'dummy', SDL_AUDIODRIVER: 'dummy', HOME: disk },
    stdio: 'ignore',
    timeout: 50_000,
    killSignal: 'SIGKILL',
  });
  await once(emulator, 'exit');
}

if (haveProgram('dosbox')) {
  describe('SETUP.BAT of the disk for DOS, in DOSBox,', () => {
    test('copies the agent, and what it needs', async () => {
      const disk = join(folder, 'disk');
      mkdirSync(disk);
      await setUpInDos(disk, writeKit('msdos'));
      for (const name of ['AGENT.EXE', 'SERVE.BAT']) {
        expect(
          readFileSync(join(disk, 'FLEET98', name)).equals(readFileSync(join(machine, 'msdos', name))),
        ).toBe(true);
      }
      expect(readFileSync(join(disk, 'FLEET98', 'AGENT.INI'), 'latin1')).toContain('name=ATTIC\r\n');
    });

    test('changes nothing on a machine of a fleet', async () => {
      const disk = join(folder, 'disk');
      mkdirSync(join(disk, 'FLEET98'), { recursive: true });
      writeFileSync(join(disk, 'FLEET98', 'MACHINE.ID'), 'x');
      await setUpInDos(disk, writeKit('msdos'));
      expect(existsSync(join(disk, 'FLEET98', 'AGENT.EXE'))).toBe(false);
    });
  });
} else {
  notTested('SETUP.BAT for DOS', 'there is no dosbox');
}
