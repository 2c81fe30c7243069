import { formatMs } from '../../model/explain.js';
import type { InstanceRecord, RolloutRecord } from '../../model/rollout-record.js';
import { looks, toneOf } from '../look.js';
import { ticksOf } from '../timeline-bars.js';
import { PhaseLegend } from '../phase-legend.js';
import { Timeline } from '../timeline.js';
import { tickText } from '../times.js';
import { anchorOf } from './parts.js';

/** Of more instances than these not each has a line of its own: those that followed each other share one. */
const mostLines = 40;

/** Whether there are few enough for a line each in the timeline, which says then what the colours of phases mean. */
export const hasOwnLines = (instances: readonly InstanceRecord[]): boolean =>
  instances.filter(({ spans }) => spans.length > 0).length <= mostLines;

/** Who was worked on when, coloured by phase. */
export function Work({ record, toMs }: { record: RolloutRecord; toMs: number }) {
  const worked = record.instances
    .filter(({ spans }) => spans.length > 0)
    .toSorted((a, b) => (beginOf(a) < beginOf(b) ? -1 : 1));
  if (worked.length === 0) return <></>;
  const fromMs = Date.parse(record.startedAt);
  return (
    <section class="card">
      <h2>Timeline</h2>
      <div class="wide">
        {hasOwnLines(worked) ? (
          <>
            <PhaseLegend bars={worked} />
            <Timeline
              bars={worked.map((one) => ({
                instance: one.ec2InstanceId,
                spans: one.spans,
                state: one.state,
                tone: toneOf(one),
              }))}
              fromMs={fromMs}
              toMs={toMs}
              hrefOf={(instance) => `#${anchorOf(instance)}`}
            />
          </>
        ) : (
          <Lanes lanes={lanesOf(worked, toMs)} fromMs={fromMs} toMs={toMs} />
        )}
      </div>
    </section>
  );
}

const beginOf = ({ spans }: InstanceRecord): string => spans[0]?.from ?? '';

/** Puts instances that followed each other into one lane: as few lanes as were worked on at the same time. */
export function lanesOf(worked: readonly InstanceRecord[], nowMs: number): InstanceRecord[][] {
  const lanes: { freeAt: number; instances: InstanceRecord[] }[] = [];
  for (const instance of worked) {
    const [first, last] = [instance.spans[0], instance.spans.at(-1)];
    if (!first || !last) continue;
    const free = lanes.find(({ freeAt }) => freeAt <= Date.parse(first.from));
    const lane = free ?? { freeAt: 0, instances: [] };
    if (!free) lanes.push(lane);
    lane.freeAt = last.to === null ? nowMs : Date.parse(last.to);
    lane.instances.push(instance);
  }
  return lanes.map(({ instances }) => instances);
}

/** Many instances in few lines. What each took stands in the table of all instances, where it can be read, too. */
function Lanes({
  lanes,
  fromMs,
  toMs,
}: {
  lanes: readonly InstanceRecord[][];
  fromMs: number;
  toMs: number;
}) {
  const spanMs = Math.max(1000, toMs - fromMs);
  const share = (ms: number): string => `${Math.round((ms / spanMs) * 100_000) / 1000}%`;
  return (
    <table class="timeline lanes">
      <caption>
        {lanes.length === 1 ? 'One instance at a time' : `Up to ${lanes.length} instances at a time`}, one
        after the other in a line. A bar leads to its instance.
      </caption>
      <thead>
        <tr>
          <td></td>
          <td>
            <svg class="ticks" width="100%" height="16" aria-hidden="true">
              {ticksOf(fromMs, toMs, 10).map((tick) => (
                <text x={share(tick - fromMs)} y="12">
                  {tickText(tick, spanMs)}
                </text>
              ))}
            </svg>
          </td>
        </tr>
      </thead>
      <tbody>
        {lanes.map((instances, i) => (
          <tr>
            <th scope="row">{i + 1}</th>
            <td>
              <svg
                class="bar"
                width="100%"
                height="18"
                role="img"
                aria-label={`${instances.length} instances`}
              >
                {instances.map((instance) => {
                  const [startMs, endMs] = [Date.parse(beginOf(instance)), endOf(instance, toMs)];
                  return (
                    <a href={`#${anchorOf(instance.ec2InstanceId)}`} tabindex={-1}>
                      <g class={`tone-${toneOf(instance)}`}>
                        <title>
                          {instance.ec2InstanceId}: {instance.state}, {formatMs(endMs - startMs)}
                        </title>
                        <rect
                          x={share(startMs - fromMs)}
                          y="2"
                          width={share(endMs - startMs)}
                          height="16"
                          rx="2"
                        />
                        {endMs - startMs > spanMs / 100 && (
                          <text x={share((startMs + endMs) / 2 - fromMs)} y="14" text-anchor="middle">
                            {looks[toneOf(instance)].glyph}
                          </text>
                        )}
                      </g>
                    </a>
                  );
                })}
              </svg>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const endOf = ({ spans }: InstanceRecord, nowMs: number): number => {
  const to = spans.at(-1)?.to;
  return to ? Date.parse(to) : nowMs;
};
