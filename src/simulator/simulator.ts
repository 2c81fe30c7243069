import type { Violation } from './audit/violation.js';
import { createClock, type SimulatorClock } from './clock.js';
import { control, controlPath } from './control/control-api.js';
import { faultSchema, type FaultInput } from './control/faults.js';
import { inject } from './control/inject.js';
import { stateOf, type FleetState } from './control/state.js';
import { taskMetadata } from './ecs/task-metadata.js';
import { createFleet, type Fleet, type FleetOptions, type FleetTimings } from './fleet.js';
import { loadShell } from './host/shell.js';
import { listen, type HttpReply, type HttpRequest } from './http/listener.js';
import { plainScenario } from './plain-scenario.js';
import type { Scenario } from './scenario.js';

export interface SimulatorOptions {
  /** Default: the plain one, of 6 instances. */
  scenario?: Scenario;
  /** 0, the default: any free port. */
  port?: number;
  /** Address to listen on. Default: 127.0.0.1. */
  host?: string;
  /** Simulated seconds per real second. Default: 1. */
  speed?: number;
  /** A clock of the caller's own, as tests have it; then `speed` does not count. */
  clock?: SimulatorClock;
  /** Durations other than those of real AWS. */
  timings?: FleetTimings;
  /** Items on a page where a client does not say; default: AWS's own. */
  pageSize?: number;
  /** Whether requests are throttled as by AWS. Default: yes, but not on a clock that stands still between steps. */
  throttle?: boolean;
  /** Policies that requests are held against; their placeholders are filled in from the scenario. Default: none, and everybody may do everything. */
  policies?: FleetOptions['policies'];
  /** Is told of what policies were asked about. */
  observeAccess?: FleetOptions['observeAccess'];
}

/** A running simulator. */
export interface Simulator {
  readonly url: string;
  readonly port: number;
  readonly clock: SimulatorClock;
  /** The fleet as it is now; another one after a reset. */
  readonly fleet: Fleet;
  /** What the audit found, of one principal or of all. */
  violations(principal?: string): Violation[];
  state(): FleetState;
  /** What `POST /_sim/faults` does. */
  fault(fault: FaultInput): object;
  /** Builds the fleet anew, of the same scenario or another; time goes on. */
  reset(scenario?: Scenario): void;
  /** Answers a request that came to another listener: several Regions behind one address. */
  answer(request: HttpRequest): Promise<HttpReply>;
  close(): Promise<void>;
}

/** Starts a fleet behind AWS's protocols, and the control API under `/_sim/`. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0 } = options;
  // Before time begins to run: the first script on a host must not have to wait for it.
  await loadShell();
  const clock = options.clock ?? createClock({ speed: options.speed ?? 1, startAt: Date.now() });
  const fleetOptions = {
    ...(options.timings && { timings: options.timings }),
    ...(options.pageSize !== undefined && { pageSize: options.pageSize }),
    throttle: options.throttle ?? clock.speed > 0,
    ...(options.policies && { policies: options.policies }),
    ...(options.observeAccess && { observeAccess: options.observeAccess }),
  };
  let fleet = createFleet(options.scenario ?? plainScenario({ instances: 6 }), clock, fleetOptions);
  const target = {
    get fleet() {
      return fleet;
    },
    reset(scenario: Scenario = fleet.scenario) {
      clock.clear();
      fleet = createFleet(scenario, clock, fleetOptions);
    },
  };
  const answer = async (request: HttpRequest): Promise<HttpReply> => {
    await clock.settle();
    const metadata = taskMetadata(fleet.ecs, request.url.pathname);
    if (metadata !== undefined) return metadataReply(metadata);
    const path = controlPath(request.url);
    return path === undefined ? askAws(fleet, request) : control(target, request, path);
  };
  const listener = await listen({ host, port }, answer);
  return {
    url: `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${listener.port}`,
    port: listener.port,
    clock,
    get fleet() {
      return fleet;
    },
    violations: (principal) =>
      fleet.audit.violations.filter(
        (violation) => principal === undefined || violation.principal === principal,
      ),
    state: () => stateOf(fleet),
    fault: (fault) => inject(fleet, faultSchema.parse(fault)),
    reset: (scenario) => {
      target.reset(scenario);
    },
    answer,
    async close() {
      clock.stop();
      await listener.close();
    },
  };
}

const metadataReply = (metadata: object | null): HttpReply => ({
  status: metadata ? 200 : 404,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(metadata ?? 'V4 task metadata handler: unable to get task arn from request'),
});

async function askAws(fleet: Fleet, { headers, body }: HttpRequest): Promise<HttpReply> {
  const target = headers['x-amz-target'];
  const token = headers['x-amz-security-token'];
  const reply = await fleet.gateway.handle({
    headers: {
      ...headers,
      'x-amz-target': Array.isArray(target) ? target[0] : target,
      'x-amz-security-token': Array.isArray(token) ? token[0] : token,
    },
    body,
  });
  if (reply === 'broken' || reply === 'hanging') return reply;
  const { status, contentType, requestId } = reply;
  return {
    status,
    headers: { 'content-type': contentType, 'x-amzn-requestid': requestId },
    body: reply.body,
  };
}
