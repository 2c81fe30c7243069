import { join } from 'node:path';
import { inScratchFolder, install } from './cache.js';
import type { Report } from './cache.js';
import { withProgress } from './progress.js';
import { runTool, lastWords } from './run-tool.js';

// Later releases have a `replace` in their go.mod and cannot be installed by name.
const cliModule = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';

const limitMs = 20 * 60_000;

/** Builds the Temporal CLI from its Go module into the cache, at `place`. */
export async function buildCliWithGo(cache: string, place: string, report: Report): Promise<string> {
  return inScratchFolder(cache, (folder) =>
    withProgress(report, 'building the Temporal CLI with go install (about 3 minutes, once)', async () => {
      await goInstall(folder);
      return install(join(folder, process.platform === 'win32' ? 'temporal.exe' : 'temporal'), place);
    }),
  );
}

async function goInstall(folder: string): Promise<void> {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    GOBIN: folder,
    GOWORK: 'off',
    // The user's own flags may be ones that `go install` of a module refuses, as -mod=vendor.
    GOFLAGS: '-buildvcs=false',
  };
  // Go refuses GOBIN when it builds for another system.
  delete env['GOOS'];
  delete env['GOARCH'];
  const build = (toolchain: string) =>
    runTool('go', ['install', cliModule], {
      env: { ...env, GOTOOLCHAIN: toolchain },
      cwd: folder,
      limitMs,
    });

  // The Go that is installed first: where it is new enough, no toolchain needs to be downloaded, whatever go.mod suggests.
  let result = await build('local');
  if (result.code !== 0 && result.output.includes('requires go >=')) result = await build('auto');
  if (result.code !== 0) throw new Error(`go install failed: ${lastWords(result.output)}`);
}
