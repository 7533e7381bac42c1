import { defineConfig } from 'vitest/config';

/** What starts programs for Windows under Wine. */
export const needsWine = [
  'test/agent/ftpd98{,-clients,-daemon,-guards,-hostile}.test.ts',
  'test/agent/tiny98-windows.test.ts',
  'test/agent/win32-{contract,run,system,update}.test.ts',
];

export default defineConfig({
  test: {
    include: needsWine,
    globalSetup: 'test/support/wine-setup.ts',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
