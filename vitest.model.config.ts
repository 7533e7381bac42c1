import { defineConfig } from 'vitest/config';

// Random sequences of what can happen to a fleet, against a model: minutes, and another way each time.
export default defineConfig({
  test: {
    include: ['test/model/**/*.test.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 60_000,
  },
});
