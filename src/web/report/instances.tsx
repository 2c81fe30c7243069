import { formatMs } from '../../model/explain.js';
import { type InstanceRecord, tookMs } from '../../model/rollout-record.js';
import { looks, toneOf, tones } from '../look.js';
import { Bar } from '../timeline.js';
import { Instant } from '../times.js';
import { anchorOf } from './parts.js';
import { Said } from '../said.js';
import { PhaseLegend } from '../phase-legend.js';
import { hasOwnLines } from './work.js';

/** Instances with the same sentence are named together; of more than so many, the first. */
const namedTogether = 12;

/** Those that somebody should look at, by their reasons. */
export function NotWell({ instances }: { instances: readonly InstanceRecord[] }) {
  const groups = new Map<string, InstanceRecord[]>();
  for (const instance of instances) {
    if (instance.standing !== 'not-well') continue;
    const key = `${instance.state}\n${instance.reason}`;
    groups.set(key, [...(groups.get(key) ?? []), instance]);
  }
  if (groups.size === 0) return <></>;
  const worstFirst = [...groups.values()].toSorted(
    ([a], [b]) => (a ? tones.indexOf(toneOf(a)) : 0) - (b ? tones.indexOf(toneOf(b)) : 0),
  );
  return (
    <section class="card">
      <h2>To be looked at</h2>
      <ul class="not-well">
        {worstFirst.map(([first, ...others]) => first && <Group first={first} others={others} />)}
      </ul>
    </section>
  );
}

function Group({ first, others }: { first: InstanceRecord; others: readonly InstanceRecord[] }) {
  const named = [first, ...others].slice(0, namedTogether);
  const more = others.length + 1 - named.length;
  return (
    <li>
      <State {...first} />{' '}
      {named.map(({ ec2InstanceId }, i) => (
        <>
          {i > 0 && ', '}
          <a href={`#${anchorOf(ec2InstanceId)}`}>
            <code>{ec2InstanceId}</code>
          </a>
        </>
      ))}
      {more > 0 && ` and ${more} more`}
      <p>
        <Said text={first.reason} />
      </p>
    </li>
  );
}

function State({ state, standing }: Pick<InstanceRecord, 'state' | 'standing'>) {
  const tone = toneOf({ state, standing });
  return (
    <span class={`state tone-${tone}`}>
      <span aria-hidden="true">{looks[tone].glyph}</span> {state}
    </span>
  );
}

/** Every instance of the cluster. */
export function Instances({ instances, toMs }: { instances: readonly InstanceRecord[]; toMs: number }) {
  if (instances.length === 0) return <></>;
  const longestMs = Math.max(1000, ...instances.map(({ spans }) => tookMs(spans, toMs) ?? 0));
  return (
    <section class="card">
      <h2>{instances.length === 1 ? 'The instance' : `All ${instances.length} instances`}</h2>
      {!hasOwnLines(instances) && <PhaseLegend bars={instances} />}
      <div class="wide">
        <table class="rows">
          <thead>
            <tr>
              <th scope="col">Instance</th>
              <th scope="col">Zone</th>
              <th scope="col">State</th>
              <th scope="col">Before</th>
              <th scope="col">Target</th>
              <th scope="col">After</th>
              <th scope="col" class="number">
                Tasks moved
              </th>
              <th scope="col">Began</th>
              <th scope="col" class="number">
                Took
              </th>
              <th scope="col">Phases</th>
              <th scope="col">Reason</th>
            </tr>
          </thead>
          <tbody>
            {instances.map((instance) => (
              <Row instance={instance} toMs={toMs} longestMs={longestMs} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface RowProps {
  instance: InstanceRecord;
  toMs: number;
  /** How long the one took that took longest: the width of the column of phases. */
  longestMs: number;
}

function Row({ instance, toMs, longestMs }: RowProps) {
  const { ec2InstanceId, zone, from, to, runs, tasksMoved, spans, reason } = instance;
  const ms = tookMs(spans, toMs);
  const beginMs = Date.parse(spans[0]?.from ?? '');
  return (
    <tr id={anchorOf(ec2InstanceId)}>
      <th scope="row">
        <code>{ec2InstanceId}</code>
      </th>
      <td>{zone ?? '–'}</td>
      <td>
        <State {...instance} />
      </td>
      <td>
        <Said text={from ?? '–'} />
      </td>
      <td>
        <Said text={to ?? '–'} />
      </td>
      <td>
        <Said text={runs ?? '–'} />
      </td>
      <td class="number">{tasksMoved ?? '–'}</td>
      <td>{spans[0] ? <Instant at={spans[0].from} brief /> : '–'}</td>
      <td class="number">{ms === null ? '–' : formatMs(ms)}</td>
      <td class="share">
        {spans.length > 0 && (
          <Bar spans={spans} nowMs={toMs} percent={(at) => ((at - beginMs) / longestMs) * 99} />
        )}
      </td>
      <td class="reason">
        <Said text={reason} />
      </td>
    </tr>
  );
}
