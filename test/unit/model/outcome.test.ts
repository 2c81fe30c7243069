import { describe, expect, test } from 'vitest';
import { isCharged, type Outcome } from '../../../src/model/outcome.js';
import type { Reason } from '../../../src/model/reason.js';

const drainLimit: Reason = { code: 'drain-limit', limitMs: 1, tasks: [], serviceEvents: [] };

describe('what counts against the failure budget', () => {
  test.each<[string, Outcome, boolean]>([
    ['an update', { kind: 'updated', from: '1', to: '2' }, false],
    [
      'an update whose services did not settle',
      {
        kind: 'updated',
        from: '1',
        to: '2',
        warning: { code: 'settle-limit', limitMs: 1, services: ['web'] },
      },
      true,
    ],
    [
      'an update that somebody took over',
      { kind: 'updated', from: '1', to: '2', warning: { code: 'taken-over', status: 'DRAINING' } },
      false,
    ],
    ['a skip', { kind: 'skipped', reason: { code: 'update-withdrawn', version: '1' } }, false],
    ['a drain that took too long', { kind: 'rolled-back', reason: drainLimit }, true],
    ['a cancel', { kind: 'rolled-back', reason: { code: 'cancelled' } }, false],
    [
      "somebody else's hand",
      { kind: 'rolled-back', reason: { code: 'taken-over', status: 'ACTIVE' } },
      false,
    ],
    [
      "somebody else's hand after the reboot",
      { kind: 'failed', reason: { code: 'taken-over', status: 'ACTIVE' } },
      false,
    ],
    ['a host that did not come back', { kind: 'failed', reason: { code: 'reboot-limit', limitMs: 1 } }, true],
    ['a workflow that was ended', { kind: 'failed', reason: { code: 'workflow-ended', detail: '' } }, true],
    [
      'a host that is gone before its reboot was proven',
      { kind: 'gone', reason: { code: 'terminated', detail: '', rebooted: true } },
      true,
    ],
    ['a host that is gone', { kind: 'gone', reason: { code: 'terminated', detail: '' } }, false],
  ])('%s', (_, outcome, charged) => {
    expect(isCharged(outcome)).toBe(charged);
  });
});
