import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { trainedModel } from '../fixtures-engine/run-engine.ts';
import { enginePath, llamaCommand } from '../support/llama-bundle.ts';
import { TestFleet } from '../support/test-fleet.ts';

const model = trainedModel();
const text = (content: string): Uint8Array => new TextEncoder().encode(content);

/** A tokenizer of llama2.c with so many tokens. */
function tokenizerOf(tokens: number): Uint8Array {
  const bytes = Buffer.alloc(4 + tokens * 10);
  bytes.writeInt32LE(2, 0);
  for (let token = 0; token < tokens; token += 1) {
    bytes.writeInt32LE(2, 4 + token * 10 + 4);
    bytes.write('ab', 4 + token * 10 + 8);
  }
  return new Uint8Array(bytes);
}

describe.skipIf(model === undefined)('a bundle that would only crash there is not sent', () => {
  const checkpoint = model === undefined ? new Uint8Array() : new Uint8Array(readFileSync(model.checkpoint));
  const tokenizer = model === undefined ? new Uint8Array() : new Uint8Array(readFileSync(model.tokenizer));
  test.each([
    [
      'a checkpoint cut by one byte',
      checkpoint.subarray(0, -1),
      tokenizer,
      'CHECKPOINT_DAMAGED',
      `MODEL.BIN has ${checkpoint.length - 1} bytes, its header asks for ${checkpoint.length}.`,
    ],
    [
      'a tokenizer of another vocabulary',
      checkpoint,
      tokenizerOf(300),
      'TOKENIZER_MISMATCH',
      'MODEL.BIN has 512 tokens, TOK.BIN has 300.',
    ],
  ])('%s', async (_what, modelBytes, tokenizerBytes, code, detail) => {
    await using fleet = await TestFleet.start();
    const pc = await fleet.addPc('old');
    const files = { 'LLAMA2C.MJS': enginePath, 'MODEL.BIN': modelBytes, 'TOK.BIN': tokenizerBytes };
    const bundle = await fleet.addBundle('bad', files, llamaCommand);
    const [plan] = await fleet.operations.planDeployment(bundle, 'all');
    expect(plan?.findings).toContainEqual({ level: 'block', code, message: detail });
    expect(await fleet.deploy('bad', ['old'])).toMatchObject([
      { state: 'incompatible', code, detail, bytesSent: 0 },
    ]);
    const spool = join(pc.diskFolder, 'FLEET98');
    expect([readdirSync(join(spool, 'STAGE')), readdirSync(join(spool, 'B'))]).toEqual([[], []]);
  });
});

describe('a bundle is refused when it is made', () => {
  test.each([
    ['names that are one on FAT', ['MODEL.BIN', 'MODEL.BIN'], 'NAME_CLASH'],
    ['names that differ in case', ['MODEL.BIN', 'Model.bin'], 'NAME_NOT_8_3'],
    ['a name of DOS', ['NUL.TXT'], 'NAME_NOT_8_3'],
    ['a name of the agent', ['BUNDLE.OK'], 'NAME_NOT_8_3'],
  ])('%s', async (_what, names, code) => {
    await using fleet = await TestFleet.start();
    const { artifact } = await fleet.operations.receiveArtifact('a', chunks(text('a')), undefined);
    const files = names.map((name) => ({ name, sha256: artifact.sha256 }));
    await expect(fleet.operations.createBundle({ name: 'b', files, engine: 'auto' })).rejects.toMatchObject({
      code,
    });
  });

  test('an artifact that was never uploaded', async () => {
    await using fleet = await TestFleet.start();
    const files = [{ name: 'A.BIN', sha256: '0'.repeat(64) }];
    await expect(fleet.operations.createBundle({ name: 'b', files, engine: 'auto' })).rejects.toMatchObject({
      code: 'ARTIFACT_MISSING',
      message: `A.BIN names the artifact ${'0'.repeat(64)}, which is not here`,
    });
  });
});

test('a dry run tells what is there, what is copied, what is sent, and how long that takes', async () => {
  await using fleet = await TestFleet.start();
  const pc = await fleet.addPc('old');
  const files = { 'A.BIN': text('a'.repeat(1000)), 'B.BIN': text('b'.repeat(2000)) };
  const one = await fleet.addBundle('app', files);
  const plan = async (bundle: typeof one) => {
    const [first] = await fleet.operations.planDeployment(bundle, 'all');
    const how = first?.files.map(({ file, how: what }) => `${file.name} ${what}`);
    return { how, bytes: first?.bytesToSend, seconds: first?.seconds };
  };
  const rate = (await fleet.store.machines.findByName('old'))?.server?.writeBytesPerSecond ?? 0;
  expect(await plan(one)).toEqual({ how: ['A.BIN send', 'B.BIN send'], bytes: 3000, seconds: 3000 / rate });
  expect(readdirSync(join(pc.diskFolder, 'FLEET98', 'B'))).toEqual([]);
  expect((await fleet.store.deployments.list({ limit: 9 })).items).toEqual([]);

  await fleet.deploy('app', ['old']);
  expect(await plan(one)).toEqual({ how: ['A.BIN there', 'B.BIN there'], bytes: 0, seconds: 0 });
  const two = await fleet.addBundle('app', { ...files, 'B.BIN': text('c'.repeat(500)) });
  expect(await plan(two)).toMatchObject({ how: ['A.BIN copy', 'B.BIN send'], bytes: 500 });

  // A large upload tells the rate better than a probe.
  const large = await fleet.addBundle('large', { 'BIG.BIN': new Uint8Array(1_000_000) });
  await fleet.deploy('large', ['old']);
  const machineId = (await fleet.store.machines.findByName('old'))?.id ?? '';
  const measured = await fleet.store.deployments.lastRate(machineId);
  expect(measured).toBeGreaterThan(0);
  expect((await plan(two)).seconds).toBe(500 / (measured ?? 0));
  expect((await plan(large)).bytes).toBe(0);
});

async function* chunks(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
