import { defineConfig } from 'vitest/config';

// The C agent: compiled and run, so slower than the rest and in need of gcc.
export default defineConfig({
  test: {
    include: ['test/agent/**/*.test.ts'],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
