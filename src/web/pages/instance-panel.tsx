import type { MarkingOrder } from '../../model/standing-orders.js';
import { looks, toneOf } from '../look.js';
import type { Marks } from '../marks.js';
import { instanceOffers } from '../offers.js';
import { Said } from '../said.js';
import { Instant } from '../times.js';
import type { ClusterView, InstanceView } from '../view.js';
import { versions } from './fleet-map.js';
import type { Fragment } from './layout.js';
import { OrderButtons } from './order-button.js';
import { type Choice, clusterPath } from './paths.js';

/** Details of the chosen instance, and what can be ordered of it; where none is chosen, one can be named. */
export function instancePanel(view: ClusterView, choice: Choice): Fragment {
  const element = (
    <section id="instance" aria-label="Chosen instance">
      {choice.instance === null ? (
        <NameOne choice={choice} />
      ) : (
        <Chosen view={view} choice={choice} instance={choice.instance} />
      )}
    </section>
  );
  return { id: 'instance', element };
}

/** An instance may be newer than the last rollout, or there has been none. */
function NameOne({ choice: { show, find, all } }: { choice: Choice }) {
  return (
    <div class="card">
      <p class="hint">Choose an instance to see more of it, and to pause, skip or hold it; or name one.</p>
      <form class="find" method="get" data-view>
        {show && <input type="hidden" name="show" value={show} />}
        {find && <input type="hidden" name="find" value={find} />}
        {all && <input type="hidden" name="all" value="yes" />}
        <label for="name-instance">Instance</label>
        <input
          id="name-instance"
          name="instance"
          required
          maxlength={64}
          autocomplete="off"
          spellcheck={false}
          placeholder="i-0abc1234def567890"
        />
        <button type="submit">Choose</button>
      </form>
    </div>
  );
}

function Chosen({ view, choice, instance }: { view: ClusterView; choice: Choice; instance: string }) {
  const one = view.instances.find((other) => other.instance === instance);
  const marks = view.marks.get(instance) ?? {};
  const offers = instanceOffers(view, instance);
  const offered = new Set(offers.map(({ order }) => order));
  const isUnsure = undoings.some(([doing, undoing]) => offered.has(doing) && offered.has(undoing));
  return (
    <div class="card">
      <p class="close">
        <a href={clusterPath(view.name, { ...choice, instance: null })} data-view id="close-instance">
          Close
        </a>
      </p>
      <h2 id="instance-title" tabindex={-1}>
        {instance}
      </h2>
      {one ? <Details one={one} /> : <p>{unknown(view)}</p>}
      {!view.rollout?.running && <Ordered marks={marks} />}
      {isUnsure && (
        <p class="hint">It is not known what has been ordered of it. A worker refuses what makes no sense.</p>
      )}
      <OrderButtons view={view} offers={offers} />
    </div>
  );
}

function Details({ one }: { one: InstanceView }) {
  return (
    <>
      <p>
        <span class={`badge tone-${toneOf(one)}`}>
          <span aria-hidden="true">{looks[toneOf(one)].glyph}</span> {one.state}
        </span>
      </p>
      <dl>
        <dt>Zone</dt>
        <dd>{one.zone || 'unknown'}</dd>
        <dt>Version</dt>
        <dd>{versions(one) || 'unknown'}</dd>
        {one.since && (
          <>
            <dt>Since</dt>
            <dd>
              <Instant at={one.since} />
            </dd>
          </>
        )}
        {one.attempts > 0 && (
          <>
            <dt>Attempts</dt>
            <dd>{one.attempts}</dd>
          </>
        )}
      </dl>
      {one.reason && (
        <p class="reason">
          <Said text={one.reason} />
        </p>
      )}
    </>
  );
}

/** What the next rollout heeds: the last one may not have seen it. */
function Ordered({ marks }: { marks: Marks }) {
  const standing = undoings.flatMap(([doing, , words]) => (marks[doing] ? [words] : []));
  return standing.length === 0 ? <></> : <p>For the next rollout: {standing.join(', ')}.</p>;
}

const undoings: readonly (readonly [MarkingOrder, 'resume' | 'unskip' | 'unhold', string])[] = [
  ['pause', 'resume', 'paused'],
  ['skip', 'unskip', 'left out'],
  ['hold', 'unhold', 'held'],
];

function unknown({ rollout }: ClusterView): string {
  if (rollout === null) return 'No rollout has seen it yet.';
  return `The ${rollout.running ? 'rollout that runs' : 'last rollout'} knows no such instance.`;
}
