import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { loadProfile } from '../../src/simulator/profile.ts';
import { startSimulatedPc } from '../../src/simulator/simulated-pc.ts';
import { endOf, putBundle, putJob, temporaryFolder } from './support.ts';

const fixture = (path: string): string => fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));

test('the engine starts also where the disks lie in a package of modules', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}\n');
  const diskFolder = join(folder, 'disks', 'pc');
  const profile = { ...loadProfile('pi-linux'), tokensPerSecond: 0 };
  const pc = await startSimulatedPc({ profile, diskFolder, agent: 'ts', pollMs: 20 });
  onTestFinished(() => pc.stop());
  const spool = join(diskFolder, 'FLEET98');
  putBundle(spool, '0123ABCD', {});
  const bundle = join(spool, 'B', '0123ABCD');
  copyFileSync(fixture('engine/llama2c.mjs'), join(bundle, 'LLAMA2C.MJS'));
  copyFileSync(fixture('checkpoints/FLEET98.BIN'), join(bundle, 'MODEL.BIN'));
  copyFileSync(fixture('checkpoints/FTOK512.BIN'), join(bundle, 'TOK.BIN'));
  const args = ['LLAMA2C.MJS', 'MODEL.BIN', '-z', 'TOK.BIN', '-n', '8', '-t', '0'].map(
    (word) => `arg=${word}`,
  );
  putJob(spool, '00000001', 'run', ['dir=B/0123ABCD', 'prog=node', ...args]);
  expect(await endOf(spool, '00000001')).toEqual(expect.arrayContaining(['reason=exited', 'exit=0']));
});

test('the model generator works when it is reached through a link', () => {
  const folder = temporaryFolder();
  symlinkSync(fixture('checkpoints'), join(folder, 'linked'));
  mkdirSync(join(folder, 'model'));
  const said = execFileSync(process.execPath, [
    join(folder, 'linked', 'generate.mjs'),
    join(folder, 'model'),
  ]);
  expect(said.toString()).toContain('RANDOM.BIN');
});
