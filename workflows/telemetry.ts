/** What workflows tell Prometheus and the log. The SDK's meter and log are silent while a history is replayed; none of it writes an event. */
import { log, metricMeter } from '@temporalio/workflow';
import { explainResult, explainStop } from '../src/model/explain.js';
import {
  type Counter,
  counters,
  histograms,
  type LabelsOf,
  type RolloutOutcome,
} from '../src/model/metrics.js';
import type { InstanceResult, Outcome, Phase } from '../src/model/outcome.js';
import { countResults, type ResultGroup, type RolloutReport } from '../src/model/report.js';

/** Logs that an instance begins a phase. */
export const logPhase = (phase: Phase): void => log.info(`begins ${phase}`, { phase });

/** Logs how the work on an instance ended. */
export function logEnd(outcome: Outcome): void {
  const reason = outcome.kind === 'updated' ? outcome.warning : outcome.reason;
  const sentence = explainResult(outcome);
  log.info(outcome.kind === 'updated' ? sentence : `${outcome.kind}: ${sentence}`, {
    outcome: outcome.kind,
    ...(reason && { reason: reason.code }),
  });
}

/** Logs what a rollout is going to do. */
export const logPlan = (updates: number, instances: number): void =>
  log.info(`planned ${updates} updates of ${instances} instances`, { updates, instances });

/** Logs how a rollout ended. */
export function logReport({ groups, stopped }: Pick<RolloutReport, 'groups' | 'stopped'>): void {
  const sentence = stopped ? `: nothing new started, ${explainStop(stopped)}` : '';
  log.info(`the rollout ended${sentence}`, { counts: countResults(groups), stoppedBy: stopped?.by });
}

/** Counts a rollout that ended. */
export const countRollout = (cluster: string, outcome: RolloutOutcome): void =>
  add(counters.rollouts, 1, { cluster, outcome });

/** Counts an instance on which something was done. */
export const countInstance = (cluster: string, result: InstanceResult): void =>
  countInstances(cluster, result, 1);

/** Counts those on which nothing was done, by their verdicts. */
export function countVerdicts(cluster: string, verdicts: readonly ResultGroup[]): void {
  for (const { result, ec2InstanceIds } of verdicts) countInstances(cluster, result, ec2InstanceIds.length);
}

function countInstances(cluster: string, result: InstanceResult, instances: number): void {
  const outcome = result.kind;
  add(counters.instances, instances, { cluster, outcome });
  const reason = result.kind === 'updated' ? result.warning : result.reason;
  if (reason) add(counters.reasons, instances, { cluster, outcome, reason: reason.code });
}

/** Counts a stay of an instance in a phase. */
export function observePhase(cluster: string, phase: Phase, ms: number): void {
  const { name, help } = histograms.phase;
  metricMeter
    .createHistogram(name, 'float', undefined, help)
    .record(Math.max(0, ms / 1000), { cluster, phase });
}

/** Counts the time for which an instance was out of service. */
export const countOutOfService = (cluster: string, ms: number): void =>
  add(counters.outOfService, Math.max(0, Math.round(ms / 1000)), { cluster });

const add = <C extends Counter>({ name, help }: C, value: number, labels: LabelsOf<C>): void =>
  metricMeter.createCounter(name, undefined, help).add(value, labels);
