import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/support/record-histories.ts'],
    globalSetup: ['test/support/test-server.setup.ts', 'test/support/dev-server.setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 900_000,
  },
});
