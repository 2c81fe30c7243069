import type { Child } from 'hono/jsx';
import type { Sight } from '../live.js';
import { clusterOffers } from '../offers.js';
import { Said } from '../said.js';
import { PhaseLegend } from '../phase-legend.js';
import { Timeline } from '../timeline.js';
import { beginningOf } from '../timeline-bars.js';
import { Instant } from '../times.js';
import type { ClusterView } from '../view.js';
import { Legend, Zones } from './fleet-map.js';
import { instanceList } from './instance-list.js';
import { instancePanel } from './instance-panel.js';
import type { Fragment } from './layout.js';
import { OrderButtons } from './order-button.js';
import { StateBadge } from './overview.js';
import { type Choice, clusterPath } from './paths.js';
import { troubleFragment } from './trouble.js';

/** Bars that are shown where nobody asks for all: those that began last. */
const mostBars = 60;
const mostOrders = 50;

/** A cluster's page, in parts. */
export function clusterFragments(
  { value, seenAt, trouble }: Sight<ClusterView | null>,
  choice: Choice,
  nowMs: number,
): Fragment[] {
  const top = troubleFragment(trouble, seenAt, value?.gaps);
  if (value === null) return [top];
  return [
    top,
    head(value),
    map(value, choice),
    timeline(value, choice, nowMs),
    instancePanel(value, choice),
    orders(value, choice),
    instanceList(value, choice),
  ];
}

/** These parts in their places. */
export function ClusterParts({ fragments }: { fragments: readonly Fragment[] }) {
  const only = (...ids: string[]): Child =>
    fragments.filter(({ id }) => ids.includes(id)).map(({ element }) => element);
  return (
    <>
      {only('trouble', 'head')}
      <div class="columns">
        <div class="column">{only('map', 'timeline')}</div>
        <div class="column">{only('instance', 'orders')}</div>
      </div>
      {only('instances')}
    </>
  );
}

function head(view: ClusterView): Fragment {
  const { name, headline, progress, progressWords, paused, rollout, schedule } = view;
  const element = (
    <section id="head" class="card">
      <h1>
        {name} <StateBadge rollout={rollout} schedule={schedule} paused={paused} />
      </h1>
      <p id="headline" role="status">
        <Said text={headline} />
      </p>
      {progress && progress.of > 0 && (
        <p class="progress">
          <progress max={progress.of} value={progress.done} aria-label="Updates done" />{' '}
          <span>{progressWords}</span>
        </p>
      )}
      {!schedule && <p class="hint">It has no Schedule: nothing can be ordered but while a rollout runs.</p>}
      {schedule && (
        <p class="hint">
          {schedule.paused !== null ? (
            <>
              Its Schedule is paused{schedule.paused && ': '}
              <Said text={schedule.paused} />
            </>
          ) : schedule.next ? (
            <>
              Next rollout: <Instant at={schedule.next} />
            </>
          ) : (
            'Its Schedule starts nothing.'
          )}
        </p>
      )}
      <OrderButtons view={view} offers={clusterOffers(view)} />
    </section>
  );
  return { id: 'head', element };
}

function map({ name, instances }: ClusterView, choice: Choice): Fragment {
  const element = (
    <section id="map" class="card" aria-labelledby="map-title">
      <h2 id="map-title">Fleet</h2>
      {instances.length === 0 && <p class="hint">No instance has been seen.</p>}
      <Legend cluster={name} instances={instances} choice={choice} />
      <p class="hint unseen" id="map-hint">
        Arrow keys move between instances, Enter opens one.
      </p>
      <div class="zones" aria-describedby="map-hint">
        <Zones cluster={name} instances={instances} choice={choice} />
      </div>
    </section>
  );
  return { id: 'map', element };
}

function timeline({ name, bars, rollout }: ClusterView, choice: Choice, nowMs: number): Fragment {
  const latest = bars.toSorted((a, b) => beginningOf(b) - beginningOf(a));
  const shown = choice.all ? latest : latest.slice(0, mostBars);
  const fromMs = Math.min(...shown.map(beginningOf));
  const element = (
    <section id="timeline" class="card" aria-labelledby="timeline-title">
      <h2 id="timeline-title">Timeline</h2>
      {shown.length === 0 ? (
        <p class="hint">No instance has been worked on.</p>
      ) : (
        <div class="scroll" role="region" aria-labelledby="timeline-title" tabindex={0}>
          <PhaseLegend bars={shown} />
          <Timeline
            bars={shown}
            fromMs={fromMs}
            toMs={rollout?.endedAt ? Date.parse(rollout.endedAt) : seldom(nowMs, nowMs - fromMs)}
            hrefOf={(instance) => clusterPath(name, { ...choice, instance })}
          />
        </div>
      )}
      {shown.length < bars.length && (
        <p class="count">
          The {shown.length} that began last, of {bars.length}.{' '}
          <a href={clusterPath(name, { ...choice, all: true })} data-view>
            Show all
          </a>
        </p>
      )}
    </section>
  );
  return { id: 'timeline', element };
}

/** The present, as an axis of such a length can show it: a page that looks the same is not sent again. */
function seldom(nowMs: number, spanMs: number): number {
  const step = 1000 * 2 ** Math.max(0, Math.ceil(Math.log2(spanMs / 400_000)));
  return Math.ceil(nowMs / step) * step;
}

function orders({ name, orders }: ClusterView, choice: Choice): Fragment {
  const element = (
    <section id="orders" class="card" aria-labelledby="orders-title">
      <h2 id="orders-title">Orders</h2>
      {orders.length === 0 && <p class="hint">Nobody has steered.</p>}
      <ol class="orders">
        {orders
          .slice(-mostOrders)
          .toReversed()
          .map(({ at, what, instance, by, reason }) => (
            <li>
              <Instant at={at} /> <strong>{what}</strong>{' '}
              {instance === undefined ? (
                'the cluster'
              ) : (
                <a href={clusterPath(name, { ...choice, instance })} data-view>
                  {instance}
                </a>
              )}
              {by && (
                <>
                  {' '}
                  by <Said text={by} />
                </>
              )}
              {reason && (
                <>
                  : <Said text={reason} />
                </>
              )}
            </li>
          ))}
      </ol>
    </section>
  );
  return { id: 'orders', element };
}
