import { phases } from '../model/outcome.js';
import type { PhaseSpan } from '../model/rollout-record.js';
import { looks, toneOfPhase } from './look.js';

/** What the colours and glyphs of the bars of a timeline mean, of those phases that they have. */
export function PhaseLegend({ bars }: { bars: readonly { spans: readonly PhaseSpan[] }[] }) {
  const used = new Set(bars.flatMap(({ spans }) => spans.map(({ phase }) => phase)));
  if (used.size === 0) return <></>;
  return (
    <ul class="legend" aria-label="Phases">
      {[...phases, 'unknown' as const]
        .filter((phase) => used.has(phase))
        .map((phase) => (
          <li>
            <span class={`swatch tone-${toneOfPhase(phase)}`} aria-hidden="true">
              {looks[toneOfPhase(phase)].glyph}
            </span>{' '}
            {phase === 'unknown' ? 'not known' : looks[phase].label}
          </li>
        ))}
    </ul>
  );
}
