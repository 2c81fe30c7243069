import type { Phase } from '../model/outcome.js';
import type { Standing } from '../model/standing.js';

/** How an instance is painted; the name of a class of `look.css`. */
export type Tone =
  | 'waiting'
  | 'paused'
  | 'draining'
  | 'updating'
  | 'rebooting'
  | 'verifying'
  | 'activating'
  | 'settling'
  | 'updated'
  | 'attention'
  | 'failed'
  | 'rolled-back'
  | 'gone'
  | 'left-alone';

interface Look {
  /** One sign that tells it without its colour. */
  glyph: string;
  label: string;
}

/** Every tone, in the order of legends: what is in hand first, then what somebody should look at. */
export const looks: Readonly<Record<Tone, Look>> = {
  draining: { glyph: 'D', label: 'draining' },
  updating: { glyph: 'U', label: 'updating' },
  rebooting: { glyph: 'R', label: 'rebooting' },
  verifying: { glyph: 'V', label: 'verifying' },
  activating: { glyph: 'A', label: 'activating' },
  settling: { glyph: 'S', label: 'settling' },
  failed: { glyph: '✕', label: 'failed' },
  'rolled-back': { glyph: '↩', label: 'rolled back' },
  gone: { glyph: '∅', label: 'gone' },
  attention: { glyph: '!', label: 'needs a look' },
  paused: { glyph: '‖', label: 'paused' },
  waiting: { glyph: '·', label: 'waiting' },
  updated: { glyph: '✓', label: 'updated' },
  'left-alone': { glyph: '–', label: 'left alone' },
};

/** Every tone, in the order of {@link looks}. */
export const tones: readonly Tone[] = Object.keys(looks).filter(isTone);

/** Whether a text, as of an address, names a tone. */
export function isTone(text: string): text is Tone {
  return Object.hasOwn(looks, text);
}

/** The tone of an instance by its phase or verdict, as tables name it, and how it stands. */
export function toneOf({ state, standing }: { state: string; standing: Standing }): Tone {
  if (state === 'updated' && standing === 'not-well') return 'attention';
  if (isTone(state)) return state;
  if (standing === 'not-well') return 'attention';
  return standing === 'left-alone' ? 'left-alone' : 'waiting';
}

/** The tone of a phase; one that nobody can tell is painted like waiting. */
export const toneOfPhase = (phase: Phase | 'unknown'): Tone => (phase === 'unknown' ? 'waiting' : phase);

/** How many have which tone. */
export function countTones(instances: readonly { state: string; standing: Standing }[]): ToneCounts {
  const counts: ToneCounts = {};
  for (const one of instances) {
    const tone = toneOf(one);
    counts[tone] = (counts[tone] ?? 0) + 1;
  }
  return counts;
}

/** Counts of instances by tone; a tone that none has is absent. */
export type ToneCounts = Partial<Record<Tone, number>>;
