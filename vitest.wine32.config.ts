import { defineConfig } from 'vitest/config';

// The programs for Windows as they are committed, in 32-bit Wine on the emulated PC. Not for every change: making that
// Windows takes minutes and gigabytes, once.
export default defineConfig({
  test: {
    include: ['test/e2e-wine32/**/*.test.ts'],
    globalSetup: 'test/e2e-wine32/global-setup.ts',
    reporters: ['verbose'],
    // An emulated processor that shares ours with another one is no measure of speed.
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
