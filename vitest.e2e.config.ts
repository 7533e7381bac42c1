import { defineConfig } from 'vitest/config';

// Daemons, agents and machines that die at exact points: real processes, a few minutes in all.
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    globalSetup: 'test/e2e/support/global-setup.ts',
    // The list of the points is part of what the suite has to say.
    reporters: ['verbose'],
    maxWorkers: 3,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
