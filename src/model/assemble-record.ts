import { explain, explainResult } from './explain.js';
import type { ClusterRef } from './names.js';
import type { InstanceResult, PhaseEntry } from './outcome.js';
import { countResults, type ResultGroup } from './report.js';
import { stateOf, versionsOf } from './result-view.js';
import {
  type InstanceRecord,
  type PhaseSpan,
  type RolloutRecord,
  type RolloutState,
  spansOf,
} from './rollout-record.js';
import type { ChildFacts, RunFacts } from './run-facts.js';
import { standingOf } from './standing.js';
import { byTime } from './steering-record.js';
import type { ClusterStatus, InstanceStatus } from './steering.js';

/** What is known of a rollout, from all who know something. */
export interface Sources {
  workflowId: string;
  /** Its runs in their order, at least one. */
  runs: readonly [RunFacts, ...RunFacts[]];
  /** What its last run says; null: nobody could answer for it. */
  status: ClusterStatus | null;
  /** What the workflows of instances say of themselves, by the ids of their runs: those whose end no history of a rollout tells. */
  own: ReadonlyMap<string, InstanceStatus>;
  /** Why something of this is missing. */
  gaps: readonly string[];
}

/** Puts together what is known of a rollout. */
export function assembleRecord({ workflowId, runs, status, own, gaps }: Sources): RolloutRecord {
  const [first] = runs;
  const last = runs.at(-1) ?? first;
  const { end, carry, input } = last;
  const report = end.kind === 'completed' ? end.report : null;
  const groups = report?.groups ?? status?.results ?? carry?.attempted ?? [];
  const state: RolloutState = end.kind === 'continued' ? 'running' : end.kind;
  const isRunning = state === 'running';
  const children = runs.flatMap((run) => run.children);
  const cluster = clusterOf(input?.cluster ?? status?.cluster, workflowId);
  const instances = instanceRecords({ cluster: cluster.name, children, status, own, groups, isRunning });
  const isWhole = first.firstRunId === first.runId;
  return {
    cluster,
    settings: input?.settings ?? null,
    documents: input?.documents ?? null,
    rolloutId: report?.rolloutId ?? carry?.rolloutId ?? first.firstRunId,
    workflowId,
    runIds: runs.map(({ runId }) => runId),
    startedBy: first.startedBy,
    workers: [...new Set(runs.flatMap(({ workers }) => workers))],
    state,
    brokeOff: 'detail' in end ? brokeOff(end.kind, end.detail) : null,
    startedAt: report?.startedAt ?? status?.startedAt ?? carry?.startedAt ?? first.startedAt,
    endedAt: isRunning || !('at' in end) ? null : end.at,
    stopped: report?.stopped ?? status?.stopped ?? null,
    paused: isRunning ? (status?.paused ?? null) : null,
    counts: report?.counts ?? countResults(groupsOf(instances)),
    failures: report?.failures ?? status?.failures ?? carry?.failures ?? 0,
    phases: report?.phases ?? status?.phases ?? carry?.phases ?? {},
    steering: byTime(report?.steering ?? status?.steering ?? carry?.steering ?? []),
    instances,
    gaps: [
      ...(isWhole
        ? []
        : [
            'The server no longer has the first runs of this rollout: when what happened in them is not known.',
          ]),
      ...gaps,
    ],
  };
}

/** Only what may be shown to everybody. */
const clusterOf = (cluster: ClusterRef | undefined, workflowId: string): ClusterRef => ({
  name: cluster?.name ?? workflowId.slice(workflowId.indexOf('/') + 1),
  arn: cluster?.arn ?? '',
  region: cluster?.region ?? '',
});

/** What the server says of a rollout without a report, as a sentence. */
export function brokeOff(state: Exclude<RolloutState, 'running' | 'completed'>, detail: string): string {
  const how = state === 'timed-out' ? 'ran out of time' : state === 'failed' ? 'failed' : `was ${state}`;
  return `It ${how}${detail ? `: ${detail.replace(/\.$/, '')}` : ''}.`;
}

const groupsOf = (instances: readonly InstanceRecord[]): ResultGroup[] =>
  instances.flatMap(({ ec2InstanceId, result }) =>
    result ? [{ result, ec2InstanceIds: [ec2InstanceId] }] : [],
  );

/** What is known of instances in one rollout. */
export interface Known extends Pick<Sources, 'status' | 'own'> {
  cluster: string;
  /** In the order in which they were started. */
  children: readonly ChildFacts[];
  groups: readonly ResultGroup[];
  isRunning: boolean;
}

/** What happened to each instance, by id. */
export function instanceRecords({
  cluster,
  children,
  status,
  own,
  groups,
  isRunning,
}: Known): InstanceRecord[] {
  const worksOf = new Map<string, ChildFacts[]>();
  for (const child of children)
    worksOf.set(child.ec2InstanceId, [...(worksOf.get(child.ec2InstanceId) ?? []), child]);
  const results = new Map<string, { result: InstanceResult; reasons: number | undefined }>();
  for (const { result, ec2InstanceIds, reasons } of groups)
    for (const id of ec2InstanceIds) results.set(id, { result, reasons });
  const zones = new Map(
    Object.entries(status?.zones ?? {}).flatMap(([zone, ids]) => ids.map((id) => [id, zone] as const)),
  );
  const queued = new Map(status?.queued.map((one) => [one.ec2InstanceId, one]));

  const recordOf = (ec2InstanceId: string): InstanceRecord => {
    const works = worksOf.get(ec2InstanceId) ?? [];
    const last = works.at(-1);
    const known = results.get(ec2InstanceId);
    const result = known?.result ?? (last ? resultOfChild(last) : null);
    const waits = queued.get(ec2InstanceId);
    const told = last && own.get(last.runId);
    const versions = result ? versionsOf(result) : { version: null, target: null };
    const from = works.find(({ from }) => from !== null)?.from ?? waits?.from ?? versionBefore(result);
    return {
      ec2InstanceId,
      zone: zones.get(ec2InstanceId) ?? works.find(({ zone }) => zone !== null)?.zone ?? null,
      ...(result
        ? {
            state: stateOf(result),
            standing: standingOf(result),
            reason: `${explainResult(result, { cluster, ec2InstanceId })}${known?.reasons === undefined ? '' : ` (One of ${known.reasons} such reasons.)`}`,
          }
        : waits
          ? waiting(waits, status, isRunning)
          : inFlight(last, told)),
      result,
      from,
      runs: result && isCertain(result) ? versions.version : null,
      to: told?.to ?? works.findLast(({ to }) => to !== null)?.to ?? waits?.to ?? versions.target,
      spans: works.flatMap((child) => stays(child, own)),
      tasksMoved: works.reduce<number | null>((sum, { ending }) => added(sum, ending), null),
      runIds: works.map(({ runId }) => runId),
    };
  };

  const ids = new Set([
    ...results.keys(),
    ...worksOf.keys(),
    ...queued.keys(),
    ...(status?.inFlight.map(({ ec2InstanceId }) => ec2InstanceId) ?? []),
  ]);
  return [...ids].toSorted((a, b) => (a < b ? -1 : 1)).map(recordOf);
}

type Shown = Pick<InstanceRecord, 'state' | 'standing' | 'reason'>;

function waiting(
  { paused, skipped }: ClusterStatus['queued'][number],
  status: ClusterStatus | null,
  isRunning: boolean,
): Shown {
  if (!isRunning)
    return { state: 'not-started', standing: 'waiting', reason: 'the rollout broke off before its turn.' };
  if (skipped) {
    const reason = explain({ code: 'skipped-by-operator', ...skipped });
    return { state: 'skipped-by-operator', standing: 'left-alone', reason };
  }
  return { state: paused || status?.paused ? 'paused' : 'queued', standing: 'waiting', reason: '' };
}

/** One without a result that is not queued: something was begun with it. */
function inFlight(last: ChildFacts | undefined, told: InstanceStatus | undefined): Shown {
  if (!last?.endedAt)
    return { state: told?.phase ?? 'starting', standing: 'in-flight', reason: told?.note ?? '' };
  const how = last.ending?.kind === 'broke-off' ? last.ending.how : 'ended';
  return {
    state: 'unknown',
    standing: 'not-well',
    reason: `its workflow ${how === 'failed' || how === 'ended' ? how : `was ${how}`}, and did not say how it left the instance. The next rollout looks at it.`,
  };
}

function resultOfChild({ ending, from, to }: ChildFacts): InstanceResult | null {
  if (ending?.kind !== 'ended') return null;
  return { ...(from !== null && to !== null && { from, to }), ...ending.outcome };
}

function versionBefore(result: InstanceResult | null): string | null {
  if (!result) return null;
  return result.kind === 'updated' ? result.from : (result.from ?? versionsOf(result).version);
}

/** Whether the version of a result is one that was seen afterwards: whoever was rebooted, and not proven, may run either. */
const isCertain = (result: InstanceResult): boolean =>
  result.kind === 'updated' ||
  result.kind === 'skipped' ||
  result.kind === 'rolled-back' ||
  result.kind === 'not-started' ||
  (result.kind === 'failed' && 'version' in result.reason);

function stays(child: ChildFacts, own: Sources['own']): PhaseSpan[] {
  const { ending, startedAt, endedAt, runId } = child;
  const entered: readonly PhaseEntry[] =
    ending?.kind === 'ended' ? ending.entered : (own.get(runId)?.entered ?? []);
  if (entered.length > 0) return spansOf(entered, endedAt);
  return ending?.kind === 'paused' ? [] : [{ phase: 'unknown', from: startedAt, to: endedAt }];
}

const added = (sum: number | null, ending: ChildFacts['ending']): number | null =>
  ending?.kind === 'ended' && ending.tasksMoved !== undefined ? (sum ?? 0) + ending.tasksMoved : sum;
