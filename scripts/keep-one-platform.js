// Takes out of node_modules Temporal's native connection for every platform but one: node scripts/keep-one-platform.js amd64|arm64
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const [, , architecture] = process.argv;
const target = { amd64: 'x86_64-unknown-linux-gnu', arm64: 'aarch64-unknown-linux-gnu' }[architecture];
const releases = join('node_modules', '@temporalio', 'core-bridge', 'releases');
if (target === undefined || !existsSync(join(releases, target))) {
  console.error(`there is no connection to Temporal for ${architecture}, only for amd64 and arm64.`);
  process.exit(1);
}
for (const name of readdirSync(releases)) {
  if (name !== target) rmSync(join(releases, name), { recursive: true });
}
