import { describe, expect, test } from 'vitest';
import { markup } from '../../../src/web/markup.js';
import { clusterFragments } from '../../../src/web/pages/cluster.js';
import { overviewFragments } from '../../../src/web/pages/overview.js';
import { choiceOf } from '../../../src/web/pages/paths.js';
import type { Sight } from '../../../src/web/live.js';
import type { ClusterView } from '../../../src/web/view.js';
import { busyCluster, clusterView, instanceView } from '../../support/dashboard-source.js';

const seen = <T>(value: T): Sight<T> => ({ value, seenAt: '2026-11-21T13:00:00.000Z', trouble: null });
const now = Date.parse('2026-11-21T13:30:00.000Z');

const htmlOf = (view: ClusterView, query: Record<string, string> = {}): string =>
  clusterFragments(seen(view), choiceOf(query), now)
    .map(({ element }) => markup(element))
    .join('\n');

describe('texts that hosts and operators wrote', () => {
  const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)>\r\n\r\ndata: x &lt;b&gt; \u202e`;

  test('stand in a page as texts, wherever they come from', () => {
    const view = clusterView({
      name: hostile,
      headline: hostile,
      paused: hostile,
      schedule: { next: null, paused: hostile },
      rollout: { startedAt: hostile, endedAt: hostile, running: false, status: hostile },
      instances: [
        instanceView({
          instance: hostile,
          zone: hostile,
          state: hostile,
          version: hostile,
          target: hostile,
          since: hostile,
          reason: hostile,
        }),
        instanceView({ state: 'quarantined-version', target: hostile }),
      ],
      orders: [{ at: hostile, what: 'pause', by: hostile, reason: hostile, instance: hostile }],
      bars: [
        {
          instance: hostile,
          spans: [{ phase: 'draining', from: '2026-11-21T13:00:00.000Z', to: null }],
          state: hostile,
          tone: 'attention',
        },
      ],
      marks: new Map([[hostile, { pause: true }]]),
    });
    const trouble = { since: hostile, sentence: hostile };
    const pages = [
      htmlOf(view, { instance: hostile, find: hostile, show: hostile }),
      htmlOf(view, { instance: hostile, show: 'constructor' }),
      ...overviewFragments({ ...seen([{ ...view, counts: null }]), trouble }).map(({ element }) =>
        markup(element),
      ),
    ];
    for (const html of pages) {
      expect(html).not.toContain('<script');
      expect(html).not.toContain('<img');
      // Neither does one end the attribute in which it stands.
      expect(html).not.toContain(`"'>`);
      expect(html).toContain('&quot;&#39;&gt;&lt;script&gt;');
    }
  });

  test('lead nowhere but to our own pages', () => {
    const html = htmlOf(
      clusterView({ name: '//evil.example', instances: [instanceView({ instance: 'javascript:x' })] }),
    );
    for (const [, href = ''] of html.matchAll(/href="([^"]*)"/g))
      expect(href).toMatch(/^\/clusters\/%2F%2Fevil/);
  });
});

describe('a cluster', () => {
  test('shows a tile, a row and a bar for each instance, by zone, with its state in words', () => {
    const view = busyCluster(12);
    const html = htmlOf(view);
    for (const { instance, state } of view.instances) {
      expect(html).toContain(`id="tile-${instance}"`);
      expect(html).toContain(`id="row-${instance}"`);
      expect(html).toMatch(new RegExp(`aria-label="${instance}, ${state}, `));
    }
    for (const { instance } of view.bars) expect(html).toContain(`id="bar-${instance}"`);
    expect(html.match(/<h3 id="zone-title-[^"]*">/g)).toHaveLength(3);
  });

  test('lists what was looked for', () => {
    const view = busyCluster(32);
    const rows = (query: Record<string, string>): string[] =>
      [...htmlOf(view, query).matchAll(/<tr id="row-([^"]*)"/g)].map(([, id = '']) => id);
    const failed = view.instances.filter(({ state }) => state === 'failed').map(({ instance }) => instance);
    expect(rows({ show: 'failed' })).toEqual(failed);
    expect(rows({ find: 'FAILED' })).toEqual(failed);
    expect(rows({ find: failed[0] ?? '' })).toEqual([failed[0]]);
    expect(rows({ show: 'nonsense' })).toHaveLength(32);
    expect(rows({ find: 'no such thing' })).toEqual([]);
  });

  test('of a thousand instances lists a hundred, and all when somebody asks', () => {
    const view = busyCluster(1000);
    const html = htmlOf(view);
    expect(html.match(/<tr id="row-/g)).toHaveLength(100);
    expect(html.match(/id="tile-/g)).toHaveLength(1000);
    expect(html).toContain('The first 100 of 1000 instances.');
    expect(htmlOf(view, { all: 'yes' }).match(/<tr id="row-/g)).toHaveLength(1000);
  });

  test('says that a chosen instance is not there', () => {
    expect(htmlOf(clusterView(), { instance: 'i-gone' })).toContain(
      'The rollout that runs knows no such instance.',
    );
  });

  test('has buttons for an instance that no rollout has seen, and says that nobody knows what was ordered', () => {
    const html = htmlOf(clusterView({ rollout: null, instances: [] }), { instance: ' i-new ' });
    expect(html).toContain('No rollout has seen it yet.');
    expect(html).toContain('It is not known what has been ordered of it.');
    for (const order of ['pause', 'resume', 'skip', 'unskip', 'hold', 'unhold', 'clear'])
      expect(html).toContain(`id="order-${order}-i-new"`);
    expect(html).toContain('data-follows="It is left out of the next rollout, and of that one only."');
  });

  test('tells between rollouts what the next one heeds', () => {
    const rollout = { startedAt: '', endedAt: '', running: false, status: 'COMPLETED' };
    const instances = [instanceView({ instance: 'i-1', state: 'updated' })];
    const marks = new Map([['i-1', { pause: true, skip: false, hold: true }]]);
    const html = htmlOf(clusterView({ rollout, instances, marks }), { instance: 'i-1' });
    expect(html).toContain('For the next rollout: paused, held.');
    expect(html).not.toContain('It is not known');
  });

  test('takes no orders between rollouts without a Schedule, and says so', () => {
    const html = htmlOf(clusterView({ rollout: null, schedule: null, instances: [] }));
    expect(html).toContain('It has no Schedule');
    expect(html).not.toContain('data-order');
  });
});
