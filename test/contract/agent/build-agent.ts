import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, test } from 'vitest';

const script = join(import.meta.dirname, '../../../deploy-scripts/build-agent.sh');
const isStrict = process.env['FLEET98_STRICT'] === '1';

/** Whether a program can be started here. */
export const haveProgram = (name: string): boolean =>
  spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined;

/** A test in place of those that cannot run here: skipped, but failing in strict mode. */
export function notTested(what: string, missing: string): void {
  test.skipIf(!isStrict)(`${what} is not tested: ${missing}`, () => {
    throw new Error(`${missing}, and FLEET98_STRICT=1 wants the tests of ${what}`);
  });
}

/** Builds the C agent into a folder that lasts as long as the test file. Returns its path. */
export function buildAgent(flags: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'fleet98-agent-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const built = spawnSync('bash', [script, folder], { encoding: 'utf8', env: { ...process.env, ...flags } });
  if (built.status !== 0) throw new Error(`the agent cannot be built:\n${built.stderr}`);
  return join(folder, 'AGENT.EXE');
}
