import { defineConfig } from 'vitest/config';

// Our FTP server with the programs of other people, and with nonsense for minutes.
export default defineConfig({
  test: { include: ['test/depot/**/*.test.ts'], maxWorkers: 2, testTimeout: 120_000, hookTimeout: 60_000 },
});
