import type { Phase } from './outcome.js';
import type { RolloutSettings } from './settings.js';

/** What is being done in each phase, which limit it has, and what follows if that runs out. */
export const phaseTexts: Record<
  Phase,
  { does: string; limit: keyof RolloutSettings['limits'] | null; after: string }
> = {
  waiting: { does: 'is asked once more before it is drained', limit: null, after: '' },
  draining: { does: 'is being drained', limit: 'drainMs', after: 'it is given back' },
  updating: { does: 'is being updated', limit: 'updateMs', after: 'it is given back' },
  rebooting: { does: 'is rebooting', limit: 'rebootMs', after: 'it counts as failed' },
  verifying: { does: 'is being verified after its reboot', limit: 'verifyMs', after: 'it counts as failed' },
  activating: { does: 'is being given back', limit: null, after: '' },
  settling: {
    does: 'serves again and waits for its services to be steady',
    limit: 'settleMs',
    after: 'it is reported with a warning',
  },
};
