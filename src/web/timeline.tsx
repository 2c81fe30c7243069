import { formatMs } from '../model/explain.js';
import type { PhaseSpan } from '../model/rollout-record.js';
import { looks, toneOfPhase } from './look.js';
import { ticksOf, type TimelineBar } from './timeline-bars.js';
import { tickText } from './times.js';

interface TimelineProps {
  bars: readonly TimelineBar[];
  /** Milliseconds since the epoch. */
  fromMs: number;
  /** Milliseconds since the epoch: now, or the end of the rollout. */
  toMs: number;
  /** Where the name of an instance leads; absent: nowhere. */
  hrefOf?: (instance: string) => string;
}

/** Beyond this share of the width a glyph has room in its bar. */
const roomForGlyph = 2.5;

/** A bar per instance, painted by phase, in a table: each row can be read without seeing it. Styles are those of `look.css`. */
export function Timeline({ bars, fromMs, toMs, hrefOf }: TimelineProps) {
  const spanMs = Math.max(1000, toMs - fromMs);
  const percent = (ms: number): number => Math.min(100, Math.max(0, ((ms - fromMs) / spanMs) * 100));
  return (
    <table class="timeline">
      <thead>
        <tr>
          <th scope="col">Instance</th>
          <th scope="col" class="axis">
            <span class="unseen">Phases</span>
            <svg class="ticks" width="100%" height="16" aria-hidden="true">
              {ticksOf(fromMs, fromMs + spanMs).map((tick) => (
                <text x={share(percent(tick))} y="12" text-anchor={anchorOf(percent(tick))}>
                  {tickText(tick, spanMs)}
                </text>
              ))}
            </svg>
          </th>
          <th scope="col">State</th>
        </tr>
      </thead>
      <tbody>
        {bars.map((bar) => (
          <tr id={`bar-${bar.instance}`}>
            <th scope="row">
              {hrefOf ? (
                <a href={hrefOf(bar.instance)} data-view>
                  <Name instance={bar.instance} />
                </a>
              ) : (
                <Name instance={bar.instance} />
              )}
            </th>
            <td>
              <Bar spans={bar.spans} nowMs={toMs} percent={percent} />
            </td>
            <td>
              <span aria-hidden="true">{looks[bar.tone].glyph}</span> {bar.state}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** An id whose beginning gives way where there is no room. */
function Name({ instance }: { instance: string }) {
  return (
    <>
      <span class="lead">{instance.slice(0, -6)}</span>
      {instance.slice(-6)}
    </>
  );
}

/** The stays of one instance, each as wide as it was long. `percent` places an instant (ms since the epoch) on the axis. */
export function Bar({
  spans,
  nowMs,
  percent,
}: {
  spans: readonly PhaseSpan[];
  nowMs: number;
  percent: (ms: number) => number;
}) {
  const drawn = spans.map(({ phase, from, to }) => {
    const [fromMs, toMs] = [Date.parse(from), to === null ? nowMs : Date.parse(to)];
    const tone = toneOfPhase(phase);
    const name = phase === 'unknown' ? 'not known' : looks[tone].label;
    return {
      tone,
      text: `${name} ${formatMs(Math.max(0, toMs - fromMs))}`,
      left: percent(fromMs),
      width: percent(toMs) - percent(fromMs),
    };
  });
  return (
    <svg
      class="bar"
      width="100%"
      height="18"
      role="img"
      aria-label={drawn.map(({ text }) => text).join(', ')}
    >
      {drawn.map(({ tone, text, left, width }) => (
        <g class={`tone-${tone}`}>
          <title>{text}</title>
          <rect x={share(left)} y="2" width={share(Math.max(width, 0.15))} height="14" rx="2" />
          {width > roomForGlyph && (
            <text x={share(left + width / 2)} y="13" text-anchor="middle">
              {looks[tone].glyph}
            </text>
          )}
        </g>
      ))}
    </svg>
  );
}

const share = (percent: number): string => `${Math.round(percent * 100) / 100}%`;

/** A mark at an end of the axis keeps its text within it. */
function anchorOf(percent: number): 'start' | 'middle' | 'end' {
  if (percent < 4) return 'start';
  return percent > 96 ? 'end' : 'middle';
}
