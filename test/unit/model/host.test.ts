import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideHost, type HostStatus } from '../../../src/model/host.js';

const host = (status: Partial<HostStatus>): HostStatus => ({
  bootId: 'b1',
  now: 1_770_000_000,
  runningVersion: '1.19.0',
  updateState: 'Idle',
  chosenVersion: null,
  stagedVersion: null,
  availableVersions: [],
  refreshed: true,
  ...status,
});

describe('what a checked host has to do', () => {
  test.each<[string, Partial<HostStatus>, object]>([
    [
      'Available: the chosen version is applied',
      { updateState: 'Available', chosenVersion: '1.20.0' },
      { kind: 'update', from: '1.19.0', to: '1.20.0', found: 'Available' },
    ],
    [
      'Staged: the staged version, not a newer one that is offered meanwhile',
      { updateState: 'Staged', chosenVersion: '1.21.0', stagedVersion: '1.20.0' },
      { kind: 'update', from: '1.19.0', to: '1.20.0', found: 'Staged' },
    ],
    [
      'Staged, and nothing chosen any more: it was withdrawn',
      { updateState: 'Staged', stagedVersion: '1.20.0' },
      { kind: 'up-to-date', version: '1.19.0' },
    ],
    [
      'Staged, and nothing chosen because the refresh failed: nothing is known against it',
      { updateState: 'Staged', stagedVersion: '1.20.0', refreshed: false },
      { kind: 'update', from: '1.19.0', to: '1.20.0', found: 'Staged' },
    ],
    [
      'Ready: the staged version',
      { updateState: 'Ready', stagedVersion: '1.20.0' },
      { kind: 'update', from: '1.19.0', to: '1.20.0', found: 'Ready' },
    ],
    [
      'Available counts even if the refresh failed: the host knows a version',
      { updateState: 'Available', chosenVersion: '1.20.0', refreshed: false },
      { kind: 'update', from: '1.19.0', to: '1.20.0', found: 'Available' },
    ],
    ['Available without a version cannot be read', { updateState: 'Available' }, { kind: 'check-failed' }],
    ['Ready without a version cannot be read', { updateState: 'Ready' }, { kind: 'check-failed' }],
    ['Idle, nothing listed: up to date', {}, { kind: 'up-to-date', version: '1.19.0' }],
    [
      'Idle, older ones and its own listed: up to date',
      { availableVersions: ['1.18.0', '1.19.0', '1.9.9'] },
      { kind: 'up-to-date', version: '1.19.0' },
    ],
    [
      'Idle, newer ones listed: its wave has not begun',
      { availableVersions: ['1.20.0', '1.101.0', '1.18.0'] },
      { kind: 'not-in-wave', version: '1.19.0', newest: '1.101.0' },
    ],
    [
      'Idle, but the refresh failed: nothing is known',
      { refreshed: false, availableVersions: ['1.19.0'] },
      { kind: 'check-failed' },
    ],
  ])('%s', (_, status, decision) => {
    expect(decideHost(host(status))).toMatchObject(decision);
  });

  test('no host is called up to date unless its refresh succeeded and nothing newer is listed', () => {
    const version = fc.tuple(fc.nat(3), fc.nat(30), fc.nat(9)).map((parts) => parts.join('.'));
    const status = fc.record({
      bootId: fc.constant('b'),
      now: fc.nat(),
      runningVersion: version,
      updateState: fc.constantFrom(
        'Idle' as const,
        'Available' as const,
        'Staged' as const,
        'Ready' as const,
      ),
      chosenVersion: fc.option(version),
      stagedVersion: fc.option(version),
      availableVersions: fc.array(version),
      refreshed: fc.boolean(),
    });
    fc.assert(
      fc.property(status, (host) => {
        const newer = host.availableVersions.some(
          (v) => v.localeCompare(host.runningVersion, 'en', { numeric: true }) > 0,
        );
        const upToDate = decideHost(host).kind === 'up-to-date';
        const nothingToDo =
          host.updateState === 'Idle' || (host.updateState === 'Staged' && host.chosenVersion === null);
        expect(upToDate).toBe(nothingToDo && host.refreshed && !newer);
      }),
    );
  });
});
