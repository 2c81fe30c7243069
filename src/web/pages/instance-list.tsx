import { looks, toneOf, tones } from '../look.js';
import { Said } from '../said.js';
import { Age } from '../times.js';
import type { ClusterView, InstanceView } from '../view.js';
import type { Fragment } from './layout.js';
import { type Choice, clusterPath } from './paths.js';

/** Where there are more, those that are left out are only counted, until somebody asks for all. */
const mostRows = 100;

/** The table of instances: what is in hand first, then what somebody should look at. */
export function instanceList({ name, instances }: ClusterView, choice: Choice): Fragment {
  const found = instances.filter((one) => matches(one, choice));
  const sorted = found.toSorted((a, b) => tones.indexOf(toneOf(a)) - tones.indexOf(toneOf(b)));
  const shown = choice.all ? sorted : sorted.slice(0, mostRows);
  const element = (
    <section id="instances" aria-labelledby="instances-title" class="card">
      <h2 id="instances-title">Instances</h2>
      <form class="find" method="get" data-view id="find">
        {choice.show && <input type="hidden" name="show" value={choice.show} />}
        {choice.instance && <input type="hidden" name="instance" value={choice.instance} />}
        {choice.all && <input type="hidden" name="all" value="yes" />}
        <label for="find-text">Find</label>
        <input
          id="find-text"
          type="search"
          name="find"
          value={choice.find}
          placeholder="id, zone, state, version"
        />
      </form>
      <p class="count" role="status">
        {countText(found.length, instances.length, shown.length)}
        {choice.show && (
          <>
            {' '}
            Only {looks[choice.show].label}:{' '}
            <a href={clusterPath(name, { ...choice, show: null })} data-view>
              show every state
            </a>
            .
          </>
        )}
        {shown.length < found.length && (
          <>
            {' '}
            <a href={clusterPath(name, { ...choice, all: true })} data-view>
              Show all {found.length}
            </a>
          </>
        )}
      </p>
      <div class="scroll" role="region" aria-labelledby="instances-title" tabindex={0}>
        <table class="rows">
          <thead>
            <tr>
              <th scope="col">Instance</th>
              <th scope="col">Zone</th>
              <th scope="col">State</th>
              <th scope="col">Version</th>
              <th scope="col">Target</th>
              <th scope="col">Since</th>
              <th scope="col">Attempts</th>
              <th scope="col">Reason</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((one) => (
              <Row cluster={name} one={one} choice={choice} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
  return { id: 'instances', element };
}

function Row({ cluster, one, choice }: { cluster: string; one: InstanceView; choice: Choice }) {
  const { instance, zone, state, version, target, since, attempts, reason } = one;
  const tone = toneOf(one);
  return (
    <tr id={`row-${instance}`} aria-current={choice.instance === instance ? 'true' : undefined}>
      <th scope="row">
        <a id={`link-${instance}`} href={clusterPath(cluster, { ...choice, instance })} data-view>
          {instance}
        </a>
      </th>
      <td data-title="Zone">{zone}</td>
      <td data-title="State">
        <span class={`chip tone-${tone}`} aria-hidden="true">
          {looks[tone].glyph}
        </span>{' '}
        {state}
      </td>
      <td data-title="Version">{version}</td>
      <td data-title="Target">{target}</td>
      <td data-title="Since">{since && <Age at={since} />}</td>
      <td data-title="Attempts">{attempts > 0 ? attempts : ''}</td>
      <td data-title="Reason" class="reason">
        {reason && <Said text={reason} />}
      </td>
    </tr>
  );
}

function matches(one: InstanceView, { show, find }: Choice): boolean {
  if (show !== null && toneOf(one) !== show) return false;
  const text = [one.instance, one.zone, one.state, one.version, one.target].join(' ').toLowerCase();
  return text.includes(find.toLowerCase());
}

function countText(found: number, all: number, shown: number): string {
  const first = shown < found ? `The first ${shown} of ${found}` : `${found}`;
  return found === all ? `${first} instances.` : `${first} of ${all} instances.`;
}
