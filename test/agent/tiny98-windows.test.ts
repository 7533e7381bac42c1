import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { expect, inject, test } from 'vitest';
import { haveProgram, notTested } from '../contract/agent/build-agent.ts';
import { startInPrefix, winePath, wineMissing } from '../support/wine.ts';
import { buildTiny98, engineModels, inJavaScript, tell, type EngineText } from './tiny98.ts';

const tools = ['make', 'x86_64-w64-mingw32-gcc', 'i686-w64-mingw32-gcc', 'i686-w64-mingw32-objdump'];
const missing = tools.find((name) => !haveProgram(name));

async function tellInWine(engine: string, args: readonly string[]): Promise<EngineText> {
  const child = startInPrefix(inject('winePrefix'), engine, args);
  const out: Buffer[] = [];
  let errors = '';
  child.stdout?.on('data', (bytes: Buffer) => out.push(bytes));
  child.stderr?.on('data', (bytes: Buffer) => (errors += bytes.toString('latin1')));
  await once(child, 'close');
  return { code: child.exitCode, text: Buffer.concat(out), errors };
}

if (missing !== undefined) {
  notTested('tiny98 for Windows', `there is no ${missing}`);
} else {
  test('tiny98 for Windows 95 is the same bytes each time, and needs nothing but KERNEL32.DLL', () => {
    const path = buildTiny98('win9x');
    expect(readFileSync(path).equals(readFileSync(buildTiny98('win9x')))).toBe(true);
    const { stdout } = spawnSync('i686-w64-mingw32-objdump', ['-p', path], { encoding: 'utf8' });
    expect([...stdout.matchAll(/DLL Name: (\S+)/g)].map(([, name]) => name)).toEqual(['KERNEL32.dll']);
  });

  if (wineMissing() === undefined) {
    const models = engineModels();
    const engine = buildTiny98('win64');

    test.each<readonly string[]>([
      ['-t', '0', '-n', '60'],
      ['-s', '133742', '-n', '60'],
      ['-t', '0', '-n', '40', '-i', 'say "hi", then \\ and \\\\" and\ta tab '],
      ['-t', '0', '-n', '3', '-i', ''],
    ])('tiny98 in Wine tells what the engine in JavaScript tells: %j %j %j %j %j %j', async (...options) => {
      for (const model of models) {
        const wanted = tell(inJavaScript, model, ...options).text.toString('latin1');
        const files = [winePath(model.checkpoint), '-z', winePath(model.tokenizer)];
        const { code, text, errors } = await tellInWine(engine, [...files, ...options]);
        expect([model.name, code, text.toString('latin1')]).toEqual([model.name, 0, wanted]);
        expect(errors).toMatch(/^achieved tok\/s: (\d+\.\d{6}|inf)\n$/);
      }
    });

    test('tiny98 in Wine says what is wrong', async () => {
      const { code, text, errors } = await tellInWine(engine, ['Z:\\NONE.BIN']);
      expect([code, text.toString(), errors]).toEqual([1, '', "Couldn't open file Z:\\NONE.BIN\n"]);
    });
  } else {
    notTested('tiny98 in Wine', 'there is no Wine');
  }
}
