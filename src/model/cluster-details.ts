import { explainPause, explainStop } from './explain.js';
import {
  markdownCommands,
  markdownHead,
  markdownRow,
  markdownText,
  mostInAddress,
  sizeInAddress,
} from './markdown.js';
import { clusterWorkflowId, instanceWorkflowId } from './names.js';
import { countsOf, countsText, inProgress, settled } from './notice-counts.js';
import type { NoticeInstance } from './notice.js';
import { progressOf } from './progress.js';
import { standingOf } from './standing.js';
import type { ClusterStatus } from './steering.js';

/** What Temporal's UI shows of a rollout is made of this. */
export type RolloutView = Pick<
  ClusterStatus,
  'cluster' | 'stage' | 'paused' | 'stopped' | 'inFlight' | 'queued' | 'results'
>;

/** More instances are only counted: `status` has them all. */
const mostRows = 30;
const longestReason = 160;
/** A character takes up to nine bytes in an address. */
const longestSaid = 200;

/**
 * A rollout as Temporal's UI shows it, in Markdown: how far it is, what keeps it, a table of the instances that matter now, and the commands to
 * look further.
 */
export function clusterDetails(view: RolloutView): string {
  const { cluster, paused, stopped } = view;
  const head = [
    stateLine(view),
    ...(paused ? [`**Paused**: ${markdownText(explainPause(paused), longestSaid)}`] : []),
    ...(stopped ? [`**Starts nothing more**: ${markdownText(explainStop(stopped), longestSaid)}`] : []),
  ].join('\n\n');
  const status = `ecs-updater status --cluster ${cluster.name}`;
  const foot = [
    'Look further:',
    markdownCommands([
      view.stage === 'finished' ? status : `${status} --watch`,
      `ecs-updater why --cluster ${cluster.name} --instance i-…`,
      `temporal workflow query --workflow-id ${clusterWorkflowId(cluster.name)} --name status`,
    ]),
    ...(view.inFlight.length > 0
      ? [
          `Each instance in flight has a workflow of its own, with its phase: ${markdownText(instanceWorkflowId(cluster.name, 'i-…'), longestSaid)}`,
        ]
      : []),
  ].join('\n\n');
  const table = tableOf(shown(view), mostInAddress - sizeInAddress(head) - sizeInAddress(foot));
  return [head, ...(table ? [table] : []), foot].join('\n\n');
}

function stateLine(view: RolloutView): string {
  const counts = countsText(countsOf(view.results, view));
  const progress = progressOf(view);
  const done = progress && progress.of > 0 ? `${progress.done} of ${progress.of} updates ended. ` : '';
  switch (view.stage) {
    case 'checking':
      return `**Checking** its instances for updates.${counts ? ` So far: ${counts}.` : ''}`;
    case 'rolling':
      return `**Rolling**: ${done}${counts || 'nothing to do'}.`;
    case 'finished':
      return `**Finished**: ${done}${counts || 'no instances'}.`;
  }
}

/** Those in flight, then those that somebody should look at, then those whose turn is to come. */
function shown(view: RolloutView): NoticeInstance[] {
  const since = new Map(view.inFlight.map((one) => [one.ec2InstanceId, one.since]));
  const going = inProgress(view).map(({ line }) => {
    const begun = since.get(line.id);
    return begun === undefined ? line : { ...line, reason: `since ${begun}` };
  });
  const notWell = settled(view.results.filter(({ result }) => standingOf(result) === 'not-well'));
  return [
    ...going.filter(({ id }) => since.has(id)),
    ...notWell.map(({ line }) => line),
    ...going.filter(({ id }) => !since.has(id)),
  ];
}

/** As many rows as fit; empty without instances. */
function tableOf(instances: readonly NoticeInstance[], room: number): string {
  const [head, more] = [markdownHead(['Instance', 'State', 'From', 'To', 'Reason']), 'and 10000 more'];
  let left = room - sizeInAddress(`${head}\n\n${more}\n\n\n\n`);
  const rows: string[] = [];
  for (const { id, state, from, to, reason } of instances.slice(0, mostRows)) {
    const row = markdownRow([
      markdownText(id, 32),
      markdownText(state, 32),
      markdownText(from ?? '', 32),
      markdownText(to ?? '', 32),
      markdownText(reason, longestReason),
    ]);
    left -= sizeInAddress(`${row}\n`);
    if (left < 0) break;
    rows.push(row);
  }
  const others = instances.length - rows.length;
  return [
    ...(rows.length > 0 ? [[head, ...rows].join('\n')] : []),
    ...(others > 0 ? [rows.length > 0 ? `and ${others} more` : `${others} instances`] : []),
  ].join('\n\n');
}
