import { defineConfig } from 'vitest/config';

// An emulated PC with an empty disk, and what its screen and the desk of the daemon say.
export default defineConfig({
  test: {
    include: ['test/e2e-contact/**/*.test.ts'],
    globalSetup: 'test/e2e-pc/support/global-setup.ts',
    reporters: ['verbose'],
    testTimeout: 600_000,
    hookTimeout: 300_000,
  },
});
