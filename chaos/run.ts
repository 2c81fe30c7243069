import { setTimeout as sleep } from 'node:timers/promises';
import { createClients } from '../src/aws/clients.js';
import { putDocuments } from '../src/aws/documents.js';
import { atSpeed, parseSettings } from '../src/config/settings.js';
import { clusterWorkflowId } from '../src/model/names.js';
import { allowedUnavailable } from '../src/model/settings.js';
import type { RolloutInput } from '../src/model/steering.js';
import { parseScenario } from '../src/simulator/scenario.js';
import { type Simulator, startSimulator } from '../src/simulator/simulator.js';
import type { Draw } from './draw.js';
import { workerPrincipal } from './phases.js';
import { type RolloutEnd, Rollouts } from './rollouts.js';
import type { Site } from './site.js';
import { timings } from './timings.js';
import { type Fired, Turmoil } from './turmoil.js';
import { drainsOf, instancesOf, judgeEnd, judgeReport } from './verdict.js';

/** What came of a run. */
export interface RunResult {
  draw: Draw;
  instances: number;
  /** How each rollout ended, in order. */
  ends: RolloutEnd[];
  fired: Fired[];
  /** What must never be, in words; empty: all is well. */
  violations: string[];
  seconds: number;
  simulator: Simulator;
}

/** Simulated seconds a second. */
const speed = 20;
/** A rollout that takes longer, in ms, is stuck: with every limit used up it takes a third of this. */
const stuckAfterMs = 15 * 60_000;
/** Instances in flight end by themselves, once their rollout was terminated, within their limits. */
const orphansEndWithinMs = 5 * 60_000;
/** After so many rollouts everything must have come to an end. */
const mostRollouts = 5;

/** Rolls out over a drawn cluster while what was drawn happens, until a rollout was left in peace; then judges what is left. */
export async function runOnce(site: Site, draw: Draw): Promise<RunResult> {
  const startedAt = Date.now();
  const name = `run-${draw.seed}-${draw.run}`;
  const region = regionOf(draw.run);
  const simulator = await startSimulator({
    speed,
    timings,
    throttle: draw.throttle,
    ...(draw.pageSize !== undefined && { pageSize: draw.pageSize }),
    scenario: parseScenario({ ...draw.scenario, cluster: name, region }),
  });
  site.front.add(simulator);
  const rollouts = new Rollouts(site, await prepare(simulator, draw, name, region));
  const turmoil = new Turmoil({ site, simulator, rollouts }, draw.happenings);
  const ends: RolloutEnd[] = [];
  const violations: string[] = [];
  try {
    for (let peace = false; !peace && ends.length < mostRollouts;) {
      const before = instancesOf(simulator).map(({ ec2InstanceId }) => ec2InstanceId);
      const terminated = turmoil.terminated;
      const drains = drainsOf(simulator);
      if (ends.length < draw.disturbed) turmoil.goOn();
      const problem = await rollOut(rollouts, simulator);
      await turmoil.rest();
      if (problem) violations.push(problem);
      const end = await rollouts.end();
      ends.push(end);
      if (end.report) violations.push(...judgeReport(simulator, end.report, before));
      else if (end.status === 'FAILED' && drainsOf(simulator) > drains) {
        violations.push(`a rollout failed after it had drained: ${end.failure ?? ''}`);
      }
      const inOrder = end.status === 'COMPLETED' && turmoil.terminated === terminated;
      peace = problem !== null || (inOrder && ends.length >= draw.disturbed);
    }
    if (violations.length === 0) violations.push(...(await judgeEnd(site, rollouts, simulator)));
  } finally {
    site.front.remove(simulator);
    await simulator.close();
  }
  return {
    draw,
    instances: draw.scenario.instances.length,
    ends,
    fired: turmoil.fired,
    violations: [...new Set(violations)],
    seconds: (Date.now() - startedAt) / 1000,
    simulator,
  };
}

const letter = (digit: number): string => String.fromCodePoint(97 + (digit % 26));

/** A Region that no other run has: one of 17,576. */
function regionOf(run: number): string {
  return `eu-chaos${letter(Math.floor(run / 676))}${letter(Math.floor(run / 26))}${letter(run)}-1`;
}

async function prepare(
  simulator: Simulator,
  draw: Draw,
  name: string,
  region: string,
): Promise<RolloutInput> {
  const settings = parseSettings(draw.settings);
  const instances = instancesOf(simulator);
  simulator.fleet.audit.declare({
    principal: workerPrincipal,
    maxUnavailable: allowedUnavailable(settings.maxUnavailable, instances.length),
    rebootLimitSeconds: settings.limits.rebootMs / 1000,
  });
  const clients = { region, endpoint: simulator.url };
  const { documents } = await putDocuments(createClients(clients).ssm, false);
  const arn = [...simulator.fleet.ecs.clusters.values()][0]?.arn ?? '';
  return { cluster: { name, arn, region }, documents, settings: atSpeed(settings, speed) };
}

/** Starts a rollout and waits until it, and all that it began, has closed; says what did not. */
async function rollOut(rollouts: Rollouts, simulator: Simulator): Promise<string | null> {
  const start = await rollouts.start();
  const cluster = clusterWorkflowId(rollouts.cluster);
  if (!(await rollouts.closed(start, stuckAfterMs)) || !(await rollouts.closed(cluster, stuckAfterMs))) {
    return `the rollout has not ended within ${stuckAfterMs / 60_000} minutes`;
  }
  // Deeds that wait for their moment to pass, and what they ended, come to rest first.
  await sleep(200);
  const ids = instancesOf(simulator).map(({ ec2InstanceId }) => ec2InstanceId);
  for (const workflowId of rollouts.workflowIds(ids)) {
    if (!(await rollouts.closed(workflowId, orphansEndWithinMs))) return `${workflowId} has not ended`;
  }
  return null;
}
