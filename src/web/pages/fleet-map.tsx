import { countTones, looks, toneOf, tones } from '../look.js';
import type { InstanceView } from '../view.js';
import { type Choice, clusterPath } from './paths.js';

/** With more instances their tiles have room for a sign only. */
const mostWithNames = 60;

/** Counts of instances by tone; each leads to the list of those. */
export function Legend({
  cluster,
  instances,
  choice,
}: {
  cluster: string;
  instances: readonly InstanceView[];
  choice: Choice;
}) {
  const counts = countTones(instances);
  return (
    <ul class="legend" aria-label="Instances by state">
      {tones
        .filter((tone) => tone in counts || choice.show === tone)
        .map((tone) => (
          <li id={`legend-${tone}`}>
            <a
              href={clusterPath(cluster, { ...choice, show: choice.show === tone ? null : tone })}
              data-view
              aria-current={choice.show === tone ? 'true' : undefined}
            >
              <span class={`chip tone-${tone}`} aria-hidden="true">
                {looks[tone].glyph}
              </span>{' '}
              {counts[tone] ?? 0} {looks[tone].label}
            </a>
          </li>
        ))}
    </ul>
  );
}

/** The instances of each Availability Zone, each a tile. */
export function Zones({
  cluster,
  instances,
  choice,
}: {
  cluster: string;
  instances: readonly InstanceView[];
  choice: Choice;
}) {
  const zones = new Map<string, InstanceView[]>();
  for (const one of instances) {
    const members = zones.get(one.zone);
    if (members) members.push(one);
    else zones.set(one.zone, [one]);
  }
  const isDense = instances.length > mostWithNames;
  return (
    <>
      {[...zones]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([zone, members]) => (
          <section id={`zone-${zone}`} class="zone" aria-labelledby={`zone-title-${zone}`}>
            <h3 id={`zone-title-${zone}`}>
              {zone || 'Zone unknown'} <span class="count">{members.length}</span>
            </h3>
            <ul class={isDense ? 'tiles dense' : 'tiles'}>
              {members.map((one) => (
                <li>
                  <Tile one={one} isDense={isDense} choice={choice} cluster={cluster} />
                </li>
              ))}
            </ul>
          </section>
        ))}
    </>
  );
}

function Tile({
  cluster,
  one,
  isDense,
  choice,
}: {
  cluster: string;
  one: InstanceView;
  isDense: boolean;
  choice: Choice;
}) {
  const { instance, state, version, target } = one;
  const tone = toneOf(one);
  const text = [instance, state, versions({ version, target })].filter(Boolean).join(', ');
  return (
    <a
      id={`tile-${instance}`}
      class={`tile tone-${tone}${choice.show !== null && choice.show !== tone ? ' faded' : ''}`}
      href={clusterPath(cluster, { ...choice, instance })}
      data-view
      title={text}
      aria-label={text}
      aria-current={choice.instance === instance ? 'true' : undefined}
      tabindex={-1}
    >
      <span class="glyph">{looks[tone].glyph}</span>
      {!isDense && (
        <>
          <span class="name">{instance.slice(-6)}</span>
          <span class="state">{state}</span>
        </>
      )}
    </a>
  );
}

/** `1.26.0 → 1.26.1`, or the one version that is known. */
export const versions = ({ version, target }: Pick<InstanceView, 'version' | 'target'>): string =>
  version && target && version !== target ? `${version} → ${target}` : version || target;
