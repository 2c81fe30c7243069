import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';

const minutes = (n: number) => n * 60_000;

// CI adds up the results of several runs: it names a file for each.
const results = process.env['TEST_RESULTS'];

/** Tests that put something in the place of a module, which other files in their process have loaded. */
const mocked = 'test/unit/**/*.mocked.test.ts';

export default defineConfig({
  test: {
    // Much of a test is waiting: two files at a time, also on two cores.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    reporters: results === undefined ? ['default'] : ['default', ['json', { outputFile: results }]],
    // Files share a process: to load the SDKs and to bundle the workflows takes longer than most of them.
    isolate: false,
    setupFiles: ['test/support/environment.setup.ts'],
    projects: [
      {
        extends: true,
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
      {
        extends: true,
        test: {
          name: 'workflows',
          include: ['test/workflows/**/*.test.ts'],
          globalSetup: ['test/support/test-server.setup.ts'],
          testTimeout: minutes(2),
          hookTimeout: minutes(15),
        },
      },
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          exclude: [mocked],
          testTimeout: minutes(1),
        },
      },
      {
        extends: true,
        test: { name: 'unit-mocked', include: [mocked], isolate: true, testTimeout: minutes(1) },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/build.setup.ts', 'test/support/dev-server.setup.ts'],
          testTimeout: minutes(2),
          hookTimeout: minutes(1),
        },
      },
    ],
  },
});
