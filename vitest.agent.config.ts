import { defineConfig } from 'vitest/config';
import { needsWine } from './vitest.wine.config.ts';

// The C programs: compiled and run, so slower than the rest and in need of gcc.
export default defineConfig({
  test: {
    include: ['test/agent/**/*.test.ts'],
    exclude: needsWine,
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
