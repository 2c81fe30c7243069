import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inScratchFolder, install } from './cache.js';
import type { Report } from './cache.js';
import { watchdogLines } from './watchdog.js';
import { withProgress } from './progress.js';
import { runToolOrThrow } from './run-tool.js';

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId>
  <artifactId>test-server</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>1.38.0</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-nop</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
`;

const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

// One file that can be executed, as the SDK wants it. Quick to start and small: it lives for one test file.
const startScript = `#!/bin/sh
${watchdogLines}
exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$(dirname "$0")/lib/*" io.temporal.testserver.TestServer "$@"
`;

const limitMs = 5 * 60_000;

/** Fetches the time-skipping test server from Maven into the folder `place` of the cache; returns the script that starts it. */
export async function fetchTestServerWithMaven(
  cache: string,
  place: string,
  report: Report,
): Promise<string> {
  if (process.platform === 'win32') throw new Error('needs a POSIX shell');
  await runToolOrThrow('java', ['-version'], { limitMs: 20_000 });
  return inScratchFolder(cache, (folder) =>
    withProgress(report, 'fetching the time-skipping test server with Maven', async () => {
      const server = join(folder, 'server');
      await mkdir(server);
      await writeFile(join(folder, 'pom.xml'), pom);
      const output = `-DoutputDirectory=${join(server, 'lib')}`;
      await runToolOrThrow('mvn', ['-B', '-q', copyDependencies, '-DincludeScope=runtime', output], {
        cwd: folder,
        limitMs,
      });
      await writeFile(join(server, 'temporal-test-server'), startScript, { mode: 0o755 });
      return join(await install(server, place), 'temporal-test-server');
    }),
  );
}
