import { setTimeout as sleep } from 'node:timers/promises';
import { createClients } from '../src/aws/clients.js';
import { putDocuments } from '../src/aws/documents.js';
import { atSpeed, parseSettings } from '../src/config/settings.js';
import { readPackageFile } from '../src/aws/package-files.js';
import { clusterTag, clusterWorkflowId } from '../src/model/names.js';
import { heldIn, type RolloutReport } from '../src/model/report.js';
import { allowedUnavailable } from '../src/model/settings.js';
import type { RolloutInput } from '../src/model/steering.js';
import { parseScenario } from '../src/simulator/scenario.js';
import type { PolicyDocument } from '../src/simulator/iam/policy.js';
import { type Simulator, startSimulator } from '../src/simulator/simulator.js';
import { tagByCluster } from '../src/simulator/tagged.js';
import type { Draw } from './draw.js';
import { instancesOf, judgeDeeds, judgeLeft } from './left.js';
import { judgeMemory } from './memory.js';
import { workerPrincipal } from './phases.js';
import { type RolloutEnd, Rollouts } from './rollouts.js';
import type { Site } from './site.js';
import { taskFailures } from './task-failures.js';
import { timings } from './timings.js';
import { type Fired, Turmoil } from './turmoil.js';
import { drainsOf, judgeReport, judgeUndisturbed } from './verdict.js';

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
/** After so many rollouts one must have come to its end. */
const mostRollouts = 8;
/** How AWS says that it will not, in the message of a rollout that failed. */
const denial = /AccessDenied|not authorized/;

/** What the workers may do, and no more. */
async function workerPolicy(): Promise<PolicyDocument> {
  const document: PolicyDocument = JSON.parse(await readPackageFile('deploy', 'iam-policy.json'));
  return document;
}

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
    scenario: parseScenario(tagByCluster({ ...draw.scenario, cluster: name, region }, clusterTag)),
    policies: [{ document: await workerPolicy(), principals: [workerPrincipal] }],
  });
  site.front.add(simulator);
  const rollouts = new Rollouts(site, await prepare(simulator, draw, name, region));
  const turmoil = new Turmoil({ site, simulator, rollouts }, draw.happenings);
  const ends: RolloutEnd[] = [];
  const violations: string[] = [];
  try {
    await rollouts.schedule();
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
      const earlier = ends.slice(0, -1).flatMap((one) => one.report ?? []);
      violations.push(...judgeRollout(end, { simulator, turmoil, before, drains, earlier }));
      const inOrder = turmoil.terminated === terminated;
      if (!problem && inOrder) violations.push(...judgeLeft(simulator, end.report ? heldIn(end.report) : []));
      peace = problem !== null || (inOrder && end.status === 'COMPLETED' && ends.length >= draw.disturbed);
    }
    if (!ends.some(({ status }) => status === 'COMPLETED')) violations.push('no rollout has completed');
    // What a worker that was frozen does when it wakes counts too.
    await site.crew.awake();
    violations.push(
      ...judgeDeeds(simulator),
      ...judgeMemory(simulator, rollouts.input.settings.failures),
      ...(await taskFailures(site, name)),
    );
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

/** What is wrong with how a rollout ended. */
function judgeRollout(
  { report, status, failure }: RolloutEnd,
  {
    simulator,
    turmoil,
    before,
    drains,
    earlier,
  }: {
    simulator: Simulator;
    turmoil: Turmoil;
    before: readonly string[];
    drains: number;
    earlier: readonly RolloutReport[];
  },
): string[] {
  const refused = turmoil.fired.some(({ what }) => what === 'denied' || what === 'failures');
  if (report) {
    const [first] = before;
    const isQuiet = turmoil.fired.length === 0 && simulator.fleet.scenario.agentFlapsPerHour === 0;
    return [
      ...judgeReport(simulator, report, { before, refused }),
      ...(isQuiet && first !== undefined ? judgeUndisturbed(report, first, earlier) : []),
    ];
  }
  if (status !== 'FAILED') return [];
  if (drainsOf(simulator) > drains) return [`a rollout failed after it had drained: ${failure}`];
  return refused && denial.test(failure ?? '') ? [] : [`invariant 10: a rollout failed: ${failure}`];
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
    updateLimitSeconds: settings.limits.updateMs / 1000,
    rebootLimitSeconds: settings.limits.rebootMs / 1000,
    verifyLimitSeconds: settings.limits.verifyMs / 1000,
  });
  const clients = { region, endpoint: simulator.url };
  const { documents } = await putDocuments(createClients(clients).ssm, false);
  const arn = [...simulator.fleet.ecs.clusters.values()][0]?.arn ?? '';
  const fast = atSpeed(settings, speed);
  // Whoever looks whether a rollout may begin may die several times at it, which takes as long as ever.
  const limits = { ...fast.limits, prerequisitesMs: settings.limits.prerequisitesMs };
  return { cluster: { name, arn, region }, documents, settings: { ...fast, limits } };
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
