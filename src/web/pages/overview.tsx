import type { Sight } from '../live.js';
import { looks, type ToneCounts, tones } from '../look.js';
import { Said } from '../said.js';
import { Instant } from '../times.js';
import type { ClusterSummary } from '../view.js';
import type { Fragment } from './layout.js';
import { clusterPath } from './paths.js';
import { troubleFragment } from './trouble.js';

/** The list of all clusters, in parts. */
export function overviewFragments({ value, seenAt, trouble }: Sight<ClusterSummary[]>): Fragment[] {
  return [
    troubleFragment(trouble, seenAt),
    {
      id: 'clusters',
      element: (
        <section id="clusters" aria-labelledby="clusters-title">
          <h1 id="clusters-title">Clusters</h1>
          {value?.length === 0 && (
            <p class="card">
              No cluster is scheduled. See: <code>ecs-updater schedule --help</code>
            </p>
          )}
          <ul class="clusters">
            {value?.map((cluster) => (
              <li id={`cluster-${cluster.name}`} class="card">
                <ClusterCard {...cluster} />
              </li>
            ))}
          </ul>
        </section>
      ),
    },
  ];
}

function ClusterCard({ name, rollout, schedule, counts }: ClusterSummary) {
  return (
    <>
      <h2>
        <a href={clusterPath(name)}>{name}</a>
      </h2>
      <p>
        <StateBadge rollout={rollout} schedule={schedule} />
      </p>
      {counts && <Shares counts={counts} />}
      <dl>
        {rollout && (
          <>
            <dt>{rollout.running ? 'Runs since' : 'Last rollout'}</dt>
            <dd>
              <Instant at={rollout.startedAt} />
            </dd>
          </>
        )}
        {rollout?.endedAt && (
          <>
            <dt>Ended</dt>
            <dd>
              <Instant at={rollout.endedAt} />
            </dd>
          </>
        )}
        {schedule?.next && schedule.paused === null && (
          <>
            <dt>Next</dt>
            <dd>
              <Instant at={schedule.next} />
            </dd>
          </>
        )}
        {schedule && schedule.paused !== null && (
          <>
            <dt>Schedule</dt>
            <dd>
              paused{schedule.paused && ': '}
              <Said text={schedule.paused} />
            </dd>
          </>
        )}
      </dl>
    </>
  );
}

/** The fleet as one bar, with its numbers. */
function Shares({ counts }: { counts: ToneCounts }) {
  const there = tones.flatMap((tone) => {
    const count = counts[tone];
    return count === undefined ? [] : [{ tone, count }];
  });
  const all = there.reduce((sum, { count }) => sum + count, 0);
  let before = 0;
  return (
    <>
      <svg class="shares" width="100%" height="12" aria-hidden="true">
        {there.map(({ tone, count }) => {
          const left = before;
          before += count;
          return (
            <rect
              class={`tone-${tone}`}
              x={`${(100 * left) / all}%`}
              width={`${(100 * count) / all}%`}
              height="12"
            />
          );
        })}
      </svg>
      <ul class="legend">
        {there.map(({ tone, count }) => (
          <li>
            <span class={`chip tone-${tone}`} aria-hidden="true">
              {looks[tone].glyph}
            </span>{' '}
            {count} {looks[tone].label}
          </li>
        ))}
      </ul>
    </>
  );
}

/** What a cluster is doing, in a word. */
export function StateBadge({
  rollout,
  schedule,
  paused = null,
}: Pick<ClusterSummary, 'rollout' | 'schedule'> & { paused?: string | null }) {
  const isPaused = paused !== null || (schedule !== null && schedule.paused !== null);
  const word = rollout === null ? 'no rollout yet' : rollout.running ? 'running' : endWords(rollout.status);
  const tone = rollout?.running ? 'updating' : rollout?.status === 'COMPLETED' ? 'updated' : 'left-alone';
  return (
    <>
      <span class={`badge tone-${rollout?.status === 'FAILED' ? 'failed' : tone}`}>{word}</span>
      {isPaused && <span class="badge tone-paused">‖ paused</span>}
    </>
  );
}

/** `COMPLETED` is how Temporal calls it, whatever became of the instances. */
const endWords = (status: string): string =>
  status === 'COMPLETED' ? 'ended' : status.toLowerCase().replaceAll('_', ' ');
