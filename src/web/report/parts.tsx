import { formatMs } from '../../model/explain.js';
import { phases as order } from '../../model/outcome.js';
import type { InstanceRecord, RolloutRecord } from '../../model/rollout-record.js';
import { looks, toneOf, tones } from '../look.js';
import { Instant } from '../times.js';
import { Said } from '../said.js';

/** The place of an instance in the page. */
export const anchorOf = (ec2InstanceId: string): string => `instance-${ec2InstanceId}`;

/** How many instances are in which state. */
export function Counts({ instances }: { instances: readonly InstanceRecord[] }) {
  const counted = tones
    .map((tone) => ({ tone, count: instances.filter((one) => toneOf(one) === tone).length }))
    .filter(({ count }) => count > 0);
  if (counted.length === 0) return <></>;
  return (
    <ul class="counts">
      {counted.map(({ tone, count }) => (
        <li class={`tone-${tone}`}>
          <strong>{count}</strong> {looks[tone].label}
        </li>
      ))}
    </ul>
  );
}

/** Who paused or skipped what, when and why. */
export function Orders({ steering, paused }: Pick<RolloutRecord, 'steering' | 'paused'>) {
  return (
    <section class="card">
      <h2>Orders of operators</h2>
      {paused && (
        <p>
          It is paused since <Instant at={paused.since} />.
        </p>
      )}
      {steering.length === 0 ? (
        <p>None while it ran.</p>
      ) : (
        <div class="wide">
          <table class="rows">
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">What</th>
                <th scope="col">Of</th>
                <th scope="col">Who</th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              {steering.map(({ at, what, instance, by, reason }) => (
                <tr>
                  <td>
                    <Instant at={at} />
                  </td>
                  <td>{what}</td>
                  <td>
                    <Said text={instance ?? 'the whole cluster'} />
                  </td>
                  <td>
                    <Said text={by ?? 'not said'} />
                  </td>
                  <td class="reason">
                    <Said text={reason ?? 'not said'} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** How long phases took. */
export function Phases({ phases }: Pick<RolloutRecord, 'phases'>) {
  const known = order.flatMap((phase) => {
    const statistics = phases[phase];
    return statistics && statistics.instances > 0 && statistics.totalMs > 0 ? [{ phase, ...statistics }] : [];
  });
  const longestMean = Math.max(...known.map(({ totalMs, instances }) => totalMs / instances));
  if (known.length === 0) return <></>;
  return (
    <section class="card">
      <h2>How long phases took</h2>
      <table class="rows phases">
        <thead>
          <tr>
            <th scope="col">Phase</th>
            <th scope="col" class="number">
              Instances
            </th>
            <th scope="col" class="number">
              Mean
            </th>
            <th scope="col" class="number">
              Longest
            </th>
            <td></td>
          </tr>
        </thead>
        <tbody>
          {known.map(({ phase, instances, totalMs, longestMs }) => (
            <tr>
              <th scope="row">
                <span class={`swatch tone-${phase}`} aria-hidden="true">
                  {looks[phase].glyph}
                </span>{' '}
                {looks[phase].label}
              </th>
              <td class="number">{instances}</td>
              <td class="number">{formatMs(totalMs / instances)}</td>
              <td class="number">{formatMs(longestMs)}</td>
              <td class="share">
                <svg width="100%" height="14" aria-hidden="true" class={`bar tone-${phase}`}>
                  <rect
                    y="1"
                    height="12"
                    rx="2"
                    width={`${Math.max(0.3, (totalMs / instances / longestMean) * 99)}%`}
                  />
                </svg>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** What the rollout was told. */
export function Settings({ settings }: { settings: Readonly<Record<string, string>> }) {
  const entries = Object.entries(settings);
  if (entries.length === 0) return <></>;
  return (
    <section class="card">
      <h2>Settings</h2>
      <dl class="facts">
        {entries.map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>
              <Said text={value} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
