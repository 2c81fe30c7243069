import { defineConfig } from 'vitest/config';

const minutes = (n: number) => n * 60_000;

// CI adds up the results of several runs: it names a file for each.
const results = process.env['TEST_RESULTS'];

export default defineConfig({
  test: {
    // Much of a test is waiting: two files at a time, also on two cores.
    maxWorkers: 2,
    reporters: results === undefined ? ['default'] : ['default', ['json', { outputFile: results }]],
    projects: [
      {
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: minutes(1) },
      },
      {
        test: {
          name: 'workflows',
          include: ['test/workflows/**/*.test.ts'],
          globalSetup: ['test/support/test-server.setup.ts'],
          testTimeout: minutes(2),
          hookTimeout: minutes(15),
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/build.setup.ts', 'test/support/dev-server.setup.ts'],
          testTimeout: minutes(2),
          hookTimeout: minutes(1),
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: [
            'test/support/access.setup.ts',
            'test/support/build.setup.ts',
            'test/support/dev-server.setup.ts',
          ],
          testTimeout: minutes(10),
          hookTimeout: minutes(15),
        },
      },
    ],
  },
});
