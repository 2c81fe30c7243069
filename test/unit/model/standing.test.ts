import { expect, test } from 'vitest';
import type { InstanceResult } from '../../../src/model/outcome.js';
import type { Reason } from '../../../src/model/reason.js';
import { standingOf } from '../../../src/model/standing.js';

const skipped = (reason: Reason): InstanceResult => ({ kind: 'skipped', reason });
const slow: Reason = { code: 'settle-limit', limitMs: 1, services: ['web'] };

test.each<[string, InstanceResult, string]>([
  ['one that was updated', { kind: 'updated', from: '1', to: '2' }, 'updated'],
  ['one whose services are not steady', { kind: 'updated', from: '1', to: '2', warning: slow }, 'not-well'],
  ['one that runs the newest', skipped({ code: 'up-to-date', version: '2' }), 'left-alone'],
  ['one that an operator holds', skipped({ code: 'held', by: 'kim' }), 'left-alone'],
  ['one that is held out of service', skipped({ code: 'held', drained: true }), 'not-well'],
  ['one whose agent is away', skipped({ code: 'agent-disconnected' }), 'not-well'],
  ['one that failed', { kind: 'failed', reason: { code: 'cancelled' } }, 'not-well'],
  ['one that is gone', { kind: 'gone', reason: { code: 'cancelled' } }, 'not-well'],
  [
    'one whose turn never came',
    { kind: 'not-started', from: null, to: null, reason: { code: 'cancelled' } },
    'waiting',
  ],
])('%s', (_, result, standing) => {
  expect(standingOf(result)).toBe(standing);
});
