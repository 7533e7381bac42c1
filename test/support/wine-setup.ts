import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { keepAwake, linkPrefix, makePrefix, wineMissing } from './wine.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The Windows in which the agent and the engine are tried; empty where there is no Wine. */
    winePrefix: string;
    /** That of FTPD98: process ids, which Windows gives out again, are only unique within one. */
    ftpdPrefix: string;
  }
}

/** Two new Windows in Wine, which run as long as the suite does. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'fleet98-wine-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  if (wineMissing() !== undefined) {
    provide('winePrefix', '');
    provide('ftpdPrefix', '');
    return async () => remove();
  }
  const agents = join(folder, 'agent');
  const ftpd98 = join(folder, 'ftpd98');
  await makePrefix(agents);
  await linkPrefix(agents, ftpd98);
  const end = [await keepAwake(agents), await keepAwake(ftpd98)];
  provide('winePrefix', agents);
  provide('ftpdPrefix', ftpd98);
  return async () => {
    await Promise.all(end.map((stop) => stop()));
    remove();
  };
}
