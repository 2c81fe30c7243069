import { looks, toneOf } from '../look.js';
import { instanceOffers } from '../offers.js';
import { Said } from '../said.js';
import { Instant } from '../times.js';
import type { ClusterView } from '../view.js';
import { versions } from './fleet-map.js';
import type { Fragment } from './layout.js';
import { OrderButton } from './order-button.js';
import { type Choice, clusterPath } from './paths.js';

/** Details of the chosen instance, and what can be ordered of it; empty where none is chosen. */
export function instancePanel(view: ClusterView, choice: Choice): Fragment {
  const one = view.instances.find(({ instance }) => instance === choice.instance);
  const element = (
    <section id="instance" aria-label="Chosen instance">
      {choice.instance === null ? (
        <p class="card hint">Choose an instance to see more of it, and to pause, skip or hold it.</p>
      ) : (
        <div class="card">
          <p class="close">
            <a href={clusterPath(view.name, { ...choice, instance: null })} data-view id="close-instance">
              Close
            </a>
          </p>
          <h2 id="instance-title" tabindex={-1}>
            {choice.instance}
          </h2>
          {one ? (
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
              <p class="buttons">
                {instanceOffers(view, one).map((offer) => (
                  <OrderButton cluster={view.name} offer={offer} />
                ))}
              </p>
            </>
          ) : (
            <p>This rollout knows no such instance.</p>
          )}
        </div>
      )}
    </section>
  );
  return { id: 'instance', element };
}
