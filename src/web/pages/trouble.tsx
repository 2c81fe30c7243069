import type { Trouble } from '../live.js';
import { Instant } from '../times.js';
import type { Fragment } from './layout.js';

/** Says that what is shown is old, or has gaps, and why; empty when all is well. */
export function troubleFragment(
  trouble: Trouble | null,
  seenAt: string | null,
  gaps: readonly string[] = [],
): Fragment {
  return {
    id: 'trouble',
    element: (
      <div id="trouble" role="alert">
        {trouble && (
          <p class="banner">
            <strong>Not up to date.</strong> {trouble.sentence}{' '}
            {seenAt === null ? (
              'Nothing has been seen yet.'
            ) : (
              <>
                What is shown was seen at <Instant at={seenAt} />.
              </>
            )}{' '}
            It is tried again by itself.
          </p>
        )}
        {!trouble && gaps.length > 0 && (
          <p class="banner">
            <strong>Not complete.</strong> {gaps.join(' ')}
          </p>
        )}
      </div>
    ),
  };
}
