import { chmod, readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { inScratchFolder, install } from './cache.js';
import type { Report } from './cache.js';
import { withProgress } from './progress.js';
import { runToolOrThrow } from './run-tool.js';

/** Which of the two servers that the SDK knows how to download. */
export type DownloadKind = 'dev' | 'time-skipping';

// The SDK offers its download only together with a start of the server, and neither can be interrupted: so it runs in a
// process of its own, which can.
const downloadScript = `
const [testing, kind, downloadDir] = process.argv.slice(1);
const { TestWorkflowEnvironment } = require(testing);
const server = { executable: { type: 'cached-download', downloadDir } };
const create = kind === 'dev' ? 'createLocal' : 'createTimeSkipping';
TestWorkflowEnvironment[create]({ server })
  .then((env) => env.teardown())
  .then(() => process.exit(0), (err) => { console.error(err.message); process.exit(1); });
`;

/** Nothing has arrived for so long: there is no way to the download site. */
const silenceLimitMs = 15_000;
const overallLimitMs = 5 * 60_000;

/** Lets the SDK download a server into the cache, at `place`. Gives up when nothing arrives for 15 s. */
export async function downloadBySdk(
  kind: DownloadKind,
  cache: string,
  place: string,
  report: Report,
): Promise<string> {
  const testing = createRequire(import.meta.url).resolve('@temporalio/testing');
  return inScratchFolder(cache, (folder) =>
    withProgress(report, `downloading the ${kind} server with the Temporal SDK`, async () => {
      const silent = await silenceWatch(folder);
      try {
        await runToolOrThrow(process.execPath, ['-e', downloadScript, testing, kind, folder], {
          limitMs: overallLimitMs,
          giveUp: () => (silent.forMs() > silenceLimitMs ? 'nothing arrived for 15 s' : undefined),
        });
      } finally {
        silent.stop();
      }
      const [downloaded] = await readdir(folder);
      if (downloaded === undefined) throw new Error('the SDK left no file behind');
      await chmod(join(folder, downloaded), 0o755);
      return install(join(folder, downloaded), place);
    }),
  );
}

/** Watches the size of what lies in a folder, to tell a slow download from one that does not move. */
async function silenceWatch(folder: string) {
  let size = 0;
  let grewAt = Date.now();
  const look = async () => {
    const files = await readdir(folder);
    const sizes = await Promise.all(files.map((file) => stat(join(folder, file)).then((s) => s.size)));
    const now = sizes.reduce((sum, s) => sum + s, 0);
    if (now !== size) grewAt = Date.now();
    size = now;
  };
  const timer = setInterval(() => void look().catch(() => {}), 1000);
  return { forMs: () => Date.now() - grewAt, stop: () => clearInterval(timer) };
}
