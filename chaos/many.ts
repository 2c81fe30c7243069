import { drawRun } from './draw.js';
import { againCommand, keepEvidence } from './evidence.js';
import { openFront } from './front.js';
import { runOnce, type RunResult } from './run.js';
import { startMortalServer } from './server.js';
import { openSite, type Site } from './site.js';
import { workerPrincipal } from './phases.js';

/** What of a run is kept. */
export type RunSummary = Omit<RunResult, 'simulator'>;

export interface ManyOptions {
  seed: number;
  /** Numbers of the runs. */
  runs: readonly number[];
  /** Runs at a time. */
  parallel: number;
  /** Told about each run that has ended, and about what must not be. */
  tell: (line: string) => void;
}

/** Clusters that share a namespace and its worker. */
const clustersPerSite = 5;

/** Does drawn runs, several at a time, on one Temporal server. */
export async function runMany({ seed, runs, parallel, tell }: ManyOptions): Promise<RunSummary[]> {
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: `${workerPrincipal}-NOT`,
    AWS_SECRET_ACCESS_KEY: 'not-a-secret',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  });
  const server = await startMortalServer();
  const front = await openFront();
  const sites: Site[] = [];
  const results: RunSummary[] = [];
  const left = [...runs];
  const work = async (site: Site): Promise<void> => {
    for (let run = left.shift(); run !== undefined; run = left.shift()) {
      const { simulator, ...result } = await runOnce(site, drawRun(seed, run));
      results.push(result);
      tell(lineOf(result, results.length, runs.length));
      if (result.violations.length === 0) continue;
      const journal = keepEvidence({ ...result, simulator }, site.crew.log);
      tell(
        ['', ...result.violations, `journal: ${journal}`, `again:   ${againCommand(result)}`].join('\n    '),
      );
    }
  };
  try {
    const lanes = Math.min(parallel, runs.length);
    for (let i = 0; i < Math.ceil(lanes / clustersPerSite); i++) sites.push(await openSite(server, front));
    const places = Array.from({ length: lanes }, (_, i) => sites[i % sites.length]);
    await Promise.all(places.flatMap((site) => (site ? [work(site)] : [])));
  } finally {
    for (const site of sites) await site.close();
    await front.close();
    await server.close();
  }
  return results;
}

function lineOf(
  { draw, ends, instances, fired, violations, seconds }: RunSummary,
  done: number,
  of: number,
): string {
  const statuses = ends.map(({ status }) => status.toLowerCase()).join(', ');
  const deeds = fired
    .filter(({ effect }) => effect !== 'in vain')
    .map(({ what, moment }) => `${what} at ${moment}`);
  return [
    `${done}/${of}`,
    `run ${draw.run}:`,
    violations.length === 0 ? 'well' : 'VIOLATED',
    `${instances} instances, ${statuses}, ${seconds.toFixed(0)} s;`,
    deeds.join('; ') || 'undisturbed',
  ].join(' ');
}
