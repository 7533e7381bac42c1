import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      'test/agent/**',
      'test/depot/**',
      'test/e2e/**',
      'test/e2e-contact/**',
      'test/e2e-pc/**',
      'test/e2e-wine32/**',
      'test/model/**',
    ],
    // Most tests wait for a machine more than they work, so a small computer can run some at once.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
