// Adds up vitest's JSON results: node .ci/totals.js <status so far> <file>…
// What failed without being a test (lint, an import, a crash) counts as one, so that a failure never reads "0 failed".
import { existsSync, readFileSync } from 'node:fs';

const [, , status, ...files] = process.argv;
let passed = 0;
let failed = 0;
for (const file of files.filter((name) => existsSync(name))) {
  const results = JSON.parse(readFileSync(file, 'utf8'));
  passed += results.numPassedTests;
  failed += results.numFailedTests;
  const brokenFiles = results.testResults.filter(
    (result) =>
      result.status === 'failed' && !result.assertionResults.some((test) => test.status === 'failed'),
  );
  failed += brokenFiles.length;
}
if (status !== '0' && failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
