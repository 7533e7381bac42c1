import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const builtAgentPath = fileURLToPath(new URL('../../dist/agent/linux/AGENT.EXE', import.meta.url));

/** True where the C agent was built (`npm run build:agent`); in strict mode it must be. */
export function haveBuiltAgent(): boolean {
  const there = existsSync(builtAgentPath);
  if (!there && process.env['FLEET98_STRICT'] === '1') throw new Error('run npm run build:agent first');
  return there;
}
