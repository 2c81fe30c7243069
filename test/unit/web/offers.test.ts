import { describe, expect, test } from 'vitest';
import type { Marks } from '../../../src/web/marks.js';
import { clusterOffers, instanceOffers } from '../../../src/web/offers.js';
import type { ClusterView } from '../../../src/web/view.js';
import { clusterView, instanceView } from '../../support/dashboard-source.js';

const over = { startedAt: '', endedAt: '', running: false, status: 'COMPLETED' };
const schedule = { next: null, paused: null };
const ours = 'ecs-updater: paused by kim since 2026-11-21T13:00:00.000Z: change freeze';

const inState = (state: string) => [instanceView({ instance: 'i-1', state, target: '1.26.1' })];

const ofCluster = (view: Partial<ClusterView>): string[] =>
  clusterOffers(clusterView(view)).map(({ order, quarantine, all }) =>
    [order, quarantine, all && 'all'].filter(Boolean).join(' '),
  );

const ofInstance = (view: Partial<ClusterView>, instance = 'i-1'): string[] =>
  instanceOffers(clusterView(view), instance).map((offer) => {
    expect(offer.instance).toBe(instance);
    return offer.order;
  });

const withMarks = (marks: Marks) => new Map([['i-1', marks]]);
const none: Marks = { pause: false, skip: false, hold: false };

describe('a cluster', () => {
  test.each<[string, Partial<ClusterView>, string[]]>([
    ['in a rollout', {}, ['pause', 'cancel']],
    ['in one that is paused', { paused: 'paused by kim' }, ['resume', 'cancel']],
    [
      'in one that was started in spite of a pause',
      { schedule: { ...schedule, paused: ours } },
      ['pause', 'resume', 'cancel'],
    ],
    ['whose rollout asks the hosts', { instances: [] }, ['pause', 'cancel', 'clear all']],
    ['between rollouts', { rollout: over }, ['pause']],
    ['that is paused between them', { rollout: over, schedule: { ...schedule, paused: ours } }, ['resume']],
    [
      'whose Schedule others have paused',
      { rollout: over, schedule: { ...schedule, paused: 'not in December' } },
      ['pause'],
    ],
    [
      'that we have paused, too',
      { rollout: over, schedule: { ...schedule, paused: `not in December | ${ours}` } },
      ['resume'],
    ],
    ['without any rollout', { rollout: null, instances: [] }, ['pause', 'clear all']],
    [
      'with a version that is quarantined',
      { rollout: over, instances: inState('quarantined-version') },
      ['pause', 'clear 1.26.1', 'clear all'],
    ],
    ['without a Schedule', { rollout: over, schedule: null }, []],
    ['without a Schedule in a rollout', { schedule: null }, ['pause', 'cancel']],
  ])('%s', (_, view, orders) => {
    expect(ofCluster(view)).toEqual(orders);
  });
});

describe('an instance', () => {
  test.each<[string, Marks, string[]]>([
    ['queued', none, ['pause', 'skip', 'hold']],
    ['paused', { ...none, pause: true }, ['resume', 'skip', 'hold']],
    // The whole rollout is.
    ['paused', none, ['pause', 'skip', 'hold']],
    ['skipped-by-operator', { ...none, skip: true }, ['unskip', 'hold']],
    ['starting', none, ['skip', 'cancel', 'hold']],
    ['draining', none, ['skip', 'cancel', 'hold']],
    ['draining', { ...none, hold: true }, ['skip', 'cancel', 'unhold']],
    ['rebooting', none, ['cancel', 'hold']],
    ['up-to-date', none, ['hold']],
    ['up-to-date', { ...none, pause: true }, ['resume', 'hold']],
    ['held', { ...none, hold: true }, ['unhold', 'clear']],
    ['failed', none, ['hold', 'clear']],
    ['gone', none, []],
  ])('that is %s in a rollout, %j', (state, marks, orders) => {
    expect(ofInstance({ instances: inState(state), marks: withMarks(marks) })).toEqual(orders);
  });

  test.each<[string, Marks, string[]]>([
    ['updated', none, ['pause', 'skip', 'hold']],
    ['updated', { pause: true, skip: true, hold: true }, ['resume', 'unskip', 'unhold']],
    ['standalone-task', {}, ['pause', 'resume', 'skip', 'unskip', 'hold', 'unhold']],
    ['held', { ...none, hold: true }, ['pause', 'skip', 'unhold', 'clear']],
    // Out of service after a reboot that was not proven.
    ['held', none, ['pause', 'skip', 'hold', 'clear']],
    ['gave-up', none, ['pause', 'skip', 'hold', 'clear']],
    ['gone', none, []],
  ])('that is %s after a rollout, %j', (state, marks, orders) => {
    expect(ofInstance({ rollout: over, instances: inState(state), marks: withMarks(marks) })).toEqual(orders);
  });

  test('that no rollout has seen: everything, as nobody knows what was ordered', () => {
    const all = ['pause', 'resume', 'skip', 'unskip', 'hold', 'unhold', 'clear'];
    expect(ofInstance({ rollout: null, instances: [] })).toEqual(all);
    expect(ofInstance({ rollout: over }, 'i-new')).toEqual(all);
    expect(ofInstance({ instances: [] })).toEqual(all);
  });

  test('that no rollout has seen, once something was ordered of it', () => {
    expect(ofInstance({ rollout: null, instances: [], marks: withMarks({ hold: true }) })).not.toContain(
      'hold',
    );
  });

  test('that the rollout which runs does not know: what that takes all the same', () => {
    expect(ofInstance({}, 'i-new')).toEqual(['hold', 'unhold', 'clear']);
  });

  test('of a cluster without a Schedule: nothing, unless a rollout runs', () => {
    expect(ofInstance({ rollout: over, schedule: null, instances: inState('updated') })).toEqual([]);
    expect(ofInstance({ schedule: null, instances: inState('draining') })).toEqual([
      'skip',
      'cancel',
      'hold',
    ]);
  });
});
