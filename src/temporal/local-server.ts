import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { userCacheFolder, whileLocked } from './servers/cache.js';
import type { Report } from './servers/cache.js';
import { buildCliWithGo } from './servers/go-install.js';
import { fetchTestServerWithMaven } from './servers/maven.js';
import { lastWords, runTool, runToolOrThrow } from './servers/run-tool.js';
import { downloadBySdk } from './servers/sdk-download.js';
import { firstThatWorks, reasonWhyBroken } from './servers/search.js';
import type { Wanted, Way } from './servers/search.js';

/** Where a server is looked for; everything has a default that suits a user's machine. */
export interface FindServerOptions {
  /** Default: `process.env`. */
  env?: NodeJS.ProcessEnv;
  /** Default: this user's cache folder. */
  cache?: string;
  /** Told about everything that takes long. Default: lines on standard error. */
  report?: Report;
  /** How a server is fetched or built when there is none, in this order. Default: the SDK's download, then `go install` or Maven. */
  getters?: readonly Getter[];
}

/** Fetches or builds a server into the cache and returns its path. */
export interface Getter {
  name: string;
  get(cache: string, report: Report): Promise<string>;
}

const exe = process.platform === 'win32' ? '.exe' : '';
const toStderr: Report = (line) => void process.stderr.write(`${line}\n`);

/** A server that can be found: what it is, where it is looked for, and how it is got. */
interface Server extends Wanted {
  variable: string;
  command: string;
  places(cache: string): readonly string[];
  getters: readonly Getter[];
}

const cliPlace = (cache: string) => join(cache, 'bin', `temporal${exe}`);
const testServerPlace = (cache: string) => join(cache, 'bin', `temporal-test-server${exe}`);
const javaServerFolder = (cache: string) => join(cache, 'temporal-test-server-java');

const temporalCli: Server = {
  what: 'Temporal server (the temporal command line)',
  check: async (path) => void (await runToolOrThrow(path, ['--version'], { limitMs: 20_000 })),
  remedy:
    'Install the Temporal CLI so that `temporal --version` works, or set TEMPORAL_CLI to its path, ' +
    'or install Go so that it can be built.',
  variable: 'TEMPORAL_CLI',
  command: 'temporal',
  places: (cache) => [cliPlace(cache)],
  getters: [
    {
      name: "the SDK's download",
      get: (cache, report) => downloadBySdk('dev', cache, cliPlace(cache), report),
    },
    { name: 'go install', get: (cache, report) => buildCliWithGo(cache, cliPlace(cache), report) },
  ],
};

const testServer: Server = {
  what: 'time-skipping test server',
  // Started without a port it prints how it is used.
  check: async (path) => {
    const { output } = await runTool(path, [], { limitMs: 20_000 });
    if (!output.includes('Usage')) throw new Error(`${path} is no test server: ${lastWords(output)}`);
  },
  remedy:
    'Set TEMPORAL_TEST_SERVER to the path of one (the Temporal Java SDK releases have it), ' +
    'or install Java and Maven so that it can be fetched.',
  variable: 'TEMPORAL_TEST_SERVER',
  command: 'temporal-test-server',
  places: (cache) => [testServerPlace(cache), join(javaServerFolder(cache), 'temporal-test-server')],
  getters: [
    {
      name: "the SDK's download",
      get: (cache, report) => downloadBySdk('time-skipping', cache, testServerPlace(cache), report),
    },
    {
      name: 'Maven',
      get: (cache, report) => fetchTestServerWithMaven(cache, javaServerFolder(cache), report),
    },
  ],
};

/** Path of a `temporal` command line, whose `server start-dev` is a whole Temporal server; gets one if there is none. */
export const findTemporalCli = (options: FindServerOptions = {}): Promise<string> =>
  findServer(temporalCli, options);

/** Path of an executable that is the time-skipping test server; gets one if there is none. */
export const findTestServer = (options: FindServerOptions = {}): Promise<string> =>
  findServer(testServer, options);

async function findServer(server: Server, options: FindServerOptions): Promise<string> {
  const env = options.env ?? process.env;
  const cache = options.cache ?? userCacheFolder();
  const report = options.report ?? toStderr;
  const getters = options.getters ?? server.getters;
  return firstThatWorks(
    server,
    [
      fromVariable(server.variable, env),
      fromPath(server.command, env),
      fromPlaces('the cache', server.places(cache)),
      ...getters.map((getter) => fromGetter(getter, server, cache, report)),
    ],
    report,
  );
}

function fromVariable(name: string, env: NodeJS.ProcessEnv): Way {
  return {
    name,
    async find() {
      const path = env[name];
      if (path === undefined || path === '') throw new Error('not set');
      return [path];
    },
  };
}

function fromPath(command: string, env: NodeJS.ProcessEnv): Way {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const files = folders.map((folder) => join(folder, `${command}${exe}`));
  return fromPlaces('the PATH', files, `no ${command} there`);
}

function fromPlaces(
  name: string,
  places: readonly string[],
  none = `nothing at ${places.join(' or ')}`,
): Way {
  return {
    name,
    async find() {
      const found = await existing(places);
      if (found.length === 0) throw new Error(none);
      return found;
    },
  };
}

/** Two processes never get the same server at once: the second one finds what the first one got. */
function fromGetter(getter: Getter, server: Server, cache: string, report: Report): Way {
  return {
    name: getter.name,
    find: () =>
      whileLocked(cache, server.command, report, async () => {
        for (const path of await existing(server.places(cache))) {
          if ((await reasonWhyBroken(server, path)) === undefined) return [path];
        }
        return [await getter.get(cache, report)];
      }),
  };
}

async function existing(paths: readonly string[]): Promise<string[]> {
  const checks = await Promise.all(paths.map(isExecutable));
  return paths.filter((_, i) => checks[i]);
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
