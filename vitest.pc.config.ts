import { defineConfig } from 'vitest/config';

// An emulated PC, its power and its daemon. Two at once: an emulator works on one processor.
export default defineConfig({
  test: {
    include: ['test/e2e-pc/**/*.test.ts'],
    globalSetup: 'test/e2e-pc/support/global-setup.ts',
    // The list of the moments is part of what the suite has to say.
    reporters: ['verbose'],
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
