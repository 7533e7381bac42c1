import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const enginePath = fileURLToPath(new URL('../../fixtures/engine/llama2c.mjs', import.meta.url));

export interface EngineResult {
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs the engine to its end, with both streams kept apart. */
export function runEngine(args: readonly string[], env: Record<string, string> = {}): Promise<EngineResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [enginePath, ...args], { env: { ...process.env, ...env } });
    const out: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (exitCode) => {
      resolve({ exitCode, stdout: Buffer.concat(out), stderr });
    });
  });
}

const modelFolder = fileURLToPath(new URL('../../../shared/models/', import.meta.url));

/** The trained model that is not part of this tree; undefined where it is not there, unless FLEET98_STRICT=1. */
export function trainedModel(): { checkpoint: string; tokenizer: string } | undefined {
  const found = { checkpoint: `${modelFolder}stories260K.bin`, tokenizer: `${modelFolder}tok512.bin` };
  if (existsSync(found.checkpoint) && existsSync(found.tokenizer)) return found;
  if (process.env['FLEET98_STRICT'] === '1') throw new Error('../shared/models is missing');
  return undefined;
}
