import { explainStop } from '../../model/explain.js';
import type { InstanceRecord, PhaseSpan, RolloutRecord } from '../../model/rollout-record.js';
import { allowedUnavailable } from '../../model/settings.js';

/** The whole of a rollout in a few sentences, for somebody who reads nothing else. */
export function summaryOf(record: RolloutRecord): string[] {
  const { counts, state, stopped, brokeOff, instances } = record;
  const { updated, 'rolled-back': rolledBack, failed, gone } = counts;
  const standing = (wanted: InstanceRecord['standing']): number =>
    instances.filter((instance) => instance.standing === wanted).length;
  const [flying, waiting] = [standing('in-flight'), standing('waiting')];
  const due = updated + rolledBack + failed + gone + flying + waiting;
  const moved = tasksMoved(record);
  const others = [
    ['failed', failed],
    ['given back as they were', rolledBack],
    ['gone meanwhile', gone],
    ['in flight', flying],
    [state === 'running' ? 'waiting for their turn' : 'never begun', waiting],
    ['left as they were', instances.length - due],
  ] as const;
  const counted = others.filter(([, count]) => count > 0).map(([what, count]) => `${what}: ${count}`);
  return [
    due === 0
      ? 'No update was planned.'
      : `${updated} of ${due} planned ${due === 1 ? 'update' : 'updates'} succeeded${versionPair(record)}.`,
    ...(counted.length > 0 ? [`${capital(counted.join(', '))}.`] : []),
    ...(brokeOff === null ? [] : [brokeOff]),
    ...(stopped ? [`Nothing new was started any more: ${explainStop(stopped).replace(/\.$/, '')}.`] : []),
    ...(moved > 0 ? [`${moved} ${moved === 1 ? 'task' : 'tasks'} moved to other instances.`] : []),
    ...outOfServiceSentence(record),
  ];
}

const was = (count: number): string => (count === 1 ? 'was' : 'were');
const nounOf = (count: number): string => `${count} instance${count === 1 ? '' : 's'}`;
const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

/** `, from 1.26.0 to 1.26.1`, where all updates are of one kind. */
function versionPair({ instances }: RolloutRecord): string {
  const updates = instances.flatMap(({ result }) => (result?.kind === 'updated' ? [result] : []));
  const [first] = updates;
  if (!first) return '';
  const isSame = (name: 'from' | 'to'): boolean => updates.every((one) => one[name] === first[name]);
  const pair = [
    ...(isSame('from') ? [`from ${first.from}`] : []),
    ...(isSame('to') ? [`to ${first.to}`] : []),
  ];
  return pair.length > 0 ? `, ${pair.join(' ')}` : '';
}

/** Tasks that left instances of the rollout, as far as that is known. */
const tasksMoved = ({ instances }: RolloutRecord): number =>
  instances.reduce((sum, { tasksMoved }) => sum + (tasksMoved ?? 0), 0);

function outOfServiceSentence({ instances, settings }: RolloutRecord): string[] {
  const most = mostAtOnce(instances.map(({ spans }) => awayOf(spans)));
  if (most === 0) return [];
  const allowed = settings ? allowedUnavailable(settings.maxUnavailable, instances.length) : null;
  return [
    `At most ${nounOf(most)} ${was(most)} out of service through it at the same time${allowed === null ? '' : ` (${allowed} might be)`}.`,
  ];
}

/** From when to when (ms since the epoch) an instance was out of service, settling excepted; null: never. */
function awayOf(spans: readonly PhaseSpan[]): readonly [number, number] | null {
  const away = spans.filter(({ phase }) => phase !== 'waiting' && phase !== 'settling');
  const [first] = away;
  const last = away.at(-1);
  return first && last
    ? [Date.parse(first.from), last.to === null ? Number.MAX_SAFE_INTEGER : Date.parse(last.to)]
    : null;
}

/** How many of these stays overlap at most. */
function mostAtOnce(stays: readonly (readonly [number, number] | null)[]): number {
  const steps = stays
    .flatMap((stay) =>
      stay
        ? [
            { at: stay[0], by: 1 },
            { at: stay[1], by: -1 },
          ]
        : [],
    )
    // Where one leaves as another comes, they were not away together.
    .toSorted((a, b) => a.at - b.at || a.by - b.by);
  let now = 0;
  let most = 0;
  for (const { by } of steps) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
}
