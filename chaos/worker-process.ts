import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Where a worker works. */
export interface WorkerPlace {
  /** `host:port` of Temporal. */
  address: string;
  namespace: string;
  /** Address of the simulated AWS, of whatever Region. */
  awsUrl: string;
  /** Access key id. */
  principal: string;
  /** More variables. */
  environment?: Readonly<Record<string, string>>;
  /** More flags, which stand above those that are given here. */
  flags?: readonly string[];
}

/** `ecs-updater worker` as a process of its own, as compiled. */
export interface WorkerProcess {
  readonly pid: number;
  /** Sends a signal, if it has not ended. */
  signal(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Resolves with its exit code once it has ended; null: it was killed. */
  readonly ended: Promise<number | null>;
  /** The end of what it logged. */
  readonly log: () => string;
}

const program = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../bin/ecs-updater.js' : '../../bin/ecs-updater.js',
    import.meta.url,
  ),
);
const keptCharacters = 200_000;

/** Variables of whoever runs this that would lead the worker elsewhere. */
const foreign = /^(AWS_|TEMPORAL_|ECS_UPDATER_|ECS_CONTAINER_|NODE_OPTIONS$)/;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a worker process; it ends with this process, however it is asked to. */
export function startWorkerProcess(place: WorkerPlace): WorkerProcess {
  const { address, namespace, awsUrl, principal, environment = {}, flags = [] } = place;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const child = spawn(
    process.execPath,
    [
      program,
      'worker',
      '--metrics-port',
      '0',
      '--health-port',
      '0',
      '--log-level',
      'warn',
      '--grace',
      '1s',
      ...flags,
    ],
    {
      env: {
        ...Object.fromEntries(kept),
        AWS_ENDPOINT_URL: awsUrl,
        AWS_ACCESS_KEY_ID: principal,
        AWS_SECRET_ACCESS_KEY: 'not-a-secret',
        TEMPORAL_ADDRESS: address,
        TEMPORAL_NAMESPACE: namespace,
        TEMPORAL_CONFIG_FILE: '/nonexistent/temporal.toml',
        ...environment,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  running.add(child);
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    log = (log + chunk).slice(-keptCharacters);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return {
    pid: child.pid ?? 0,
    signal: (signal) => void child.kill(signal),
    ended,
    log: () => log,
  };
}
