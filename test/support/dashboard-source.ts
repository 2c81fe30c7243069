import type { Phase } from '../../src/model/outcome.js';
import type { Standing } from '../../src/model/standing.js';
import { countTones, toneOf } from '../../src/web/look.js';
import { type Order, OrderRefused, type Source } from '../../src/web/source.js';
import type { PhaseSpan } from '../../src/model/rollout-record.js';
import type { ClusterView, InstanceView } from '../../src/web/view.js';

/** Where the dashboard of a test has its news from; a test changes the views, and breaks it. */
export interface FakeSource extends Source {
  views: Map<string, ClusterView>;
  orders: Order[];
  /** Looks so far. */
  looks: number;
  /** The next looks fail with this. */
  broken: Error | null;
  /** Orders are refused with this. */
  refusal: string | null;
}

export function fakeSource(...views: ClusterView[]): FakeSource {
  const source: FakeSource = {
    views: new Map(views.map((view) => [view.name, view])),
    orders: [],
    looks: 0,
    broken: null,
    refusal: null,
    clusters: async () => {
      source.looks += 1;
      if (source.broken) throw source.broken;
      return [...source.views.values()].map((view) => ({ ...view, counts: countTones(view.instances) }));
    },
    cluster: async (name) => {
      source.looks += 1;
      if (source.broken) throw source.broken;
      return source.views.get(name) ?? null;
    },
    order: async (order) => {
      if (source.refusal !== null) throw new OrderRefused(source.refusal);
      source.orders.push(order);
      return `${order.order} was done.`;
    },
    sentenceOf: (err) => (err instanceof Error ? err.message : String(err)),
  };
  return source;
}

const startedAt = '2026-11-21T13:00:00.000Z';
const at = (minutes: number): string => new Date(Date.parse(startedAt) + minutes * 60_000).toISOString();

const nothingOrdered = { pause: false, skip: false, hold: false };

/** A cluster of one instance that is up to date, on which no order stands; everything can be given. */
export const clusterView = ({
  instances = [instanceView()],
  ...given
}: Partial<ClusterView> = {}): ClusterView => ({
  name: 'prod',
  rollout: { startedAt, endedAt: null, running: true, status: 'RUNNING' },
  schedule: { next: at(12 * 60), paused: null },
  headline: 'prod: rollout of 2026-11-21T13:00:00.000Z runs: 1 skipped',
  gaps: [],
  progress: null,
  progressWords: '',
  paused: null,
  instances,
  marks: new Map(instances.map(({ instance }) => [instance, nothingOrdered])),
  orders: [],
  bars: [],
  ...given,
});

export const instanceView = (given: Partial<InstanceView> = {}): InstanceView => ({
  instance: 'i-00000000000000001',
  zone: 'eu-central-1a',
  state: 'up-to-date',
  standing: 'left-alone',
  version: '1.26.1',
  target: '',
  since: '',
  attempts: 0,
  reason: 'runs 1.26.1, nothing newer is published.',
  ...given,
});

interface Kind {
  state: string;
  standing: Standing;
  /** Minutes spent in each phase. */
  spent?: Partial<Record<Phase, number>>;
  reason?: string;
}

const whole = { draining: 4, updating: 1, rebooting: 2, verifying: 1, activating: 0.2, settling: 1.5 };

const kinds: readonly Kind[] = [
  { state: 'updated', standing: 'updated', spent: whole, reason: 'updated from 1.26.0 to 1.26.1.' },
  { state: 'updated', standing: 'updated', spent: { ...whole, draining: 7 } },
  { state: 'up-to-date', standing: 'left-alone', reason: 'runs 1.26.1, nothing newer is published.' },
  { state: 'draining', standing: 'in-flight', spent: { draining: 3 } },
  { state: 'updating', standing: 'in-flight', spent: { draining: 4, updating: 0.6 } },
  { state: 'rebooting', standing: 'in-flight', spent: { draining: 4, updating: 1, rebooting: 1.2 } },
  { state: 'queued', standing: 'waiting' },
  {
    state: 'verifying',
    standing: 'in-flight',
    spent: { draining: 3, updating: 1, rebooting: 2, verifying: 0.4 },
  },
  { state: 'settling', standing: 'in-flight', spent: { ...whole, settling: 0.5 } },
  { state: 'queued', standing: 'waiting' },
  {
    state: 'failed',
    standing: 'not-well',
    spent: { draining: 3, updating: 1, rebooting: 5 },
    reason:
      '1.26.1 did not boot; the host fell back to 1.26.0. Look at its console output before you try 1.26.1 again.',
  },
  {
    state: 'rolled-back',
    standing: 'not-well',
    spent: { draining: 12 },
    reason: 'still 2 tasks of service reports after 25m. Add capacity, or lower its minimumHealthyPercent.',
  },
  {
    state: 'standalone-task',
    standing: 'left-alone',
    reason: 'runs 1 standalone task that no service would replace.',
  },
  { state: 'agent-disconnected', standing: 'not-well', reason: 'its ECS agent is disconnected.' },
  { state: 'queued', standing: 'waiting' },
  { state: 'paused', standing: 'waiting', reason: 'paused by kim since 13:04: is being debugged' },
];

/** A rollout in which everything is going on, over so many instances. */
export function busyCluster(count: number, name = 'prod'): ClusterView {
  const started = Date.now() - 40 * 60_000;
  const instances: InstanceView[] = [];
  const bars: ClusterView['bars'] = [];
  for (let i = 0; i < count; i++) {
    const kind: Kind = kinds[(i * 7 + Math.floor(i / 16)) % kinds.length] ?? {
      state: 'queued',
      standing: 'waiting',
    };
    const instance = `i-0${(0x9e3779b1 * (i + 1)).toString(16).padStart(16, '0').slice(-16)}`;
    instances.push(
      instanceView({
        instance,
        zone: `eu-central-1${['a', 'b', 'c'][i % 3]}`,
        state: kind.state,
        standing: kind.standing,
        version: kind.state === 'updated' || kind.state === 'up-to-date' ? '1.26.1' : '1.26.0',
        target: kind.state === 'up-to-date' ? '' : '1.26.1',
        since: kind.standing === 'in-flight' ? new Date(Date.now() - 90_000 - i * 1000).toISOString() : '',
        attempts: kind.standing === 'in-flight' ? 1 : 0,
        reason: kind.reason ?? '',
      }),
    );
    if (!kind.spent) continue;
    const spans: PhaseSpan[] = [];
    const minutes = Object.values(kind.spent).reduce((sum, one) => sum + one, 0);
    let now =
      kind.standing === 'in-flight' ? Date.now() - minutes * 60_000 : started + ((i * 37) % 24) * 60_000;
    for (const [phase, spent] of Object.entries(kind.spent)) {
      const to = now + spent * 60_000;
      if (isPhase(phase))
        spans.push({ phase, from: new Date(now).toISOString(), to: new Date(to).toISOString() });
      now = to;
    }
    const last = spans.at(-1);
    if (last && kind.standing === 'in-flight') last.to = null;
    bars.push({ instance, spans, state: kind.state, tone: toneOf(kind) });
  }
  const done = instances.filter(({ state }) => ['updated', 'failed', 'rolled-back'].includes(state)).length;
  const pending = instances.filter(
    ({ standing }) => standing === 'in-flight' || standing === 'waiting',
  ).length;
  return clusterView({
    name,
    rollout: { startedAt: new Date(started).toISOString(), endedAt: null, running: true, status: 'RUNNING' },
    instances,
    bars,
    progress: { done, of: done + pending },
    progressWords: `${done} of ${done + pending} updates ended, 20m to 30m left, until about 14:08 UTC`,
    marks: new Map(
      instances.map(({ instance, state }) => [instance, { ...nothingOrdered, pause: state === 'paused' }]),
    ),
    headline: `${name}: rollout of ${new Date(started).toISOString()} runs: ${pending} to go, ${done} done`,
    orders: [
      {
        at: at(4),
        what: 'pause',
        by: 'kim',
        reason: 'is being debugged',
        instance: instances[3]?.instance ?? '',
      },
      {
        at: at(9),
        what: 'skip',
        by: 'sam',
        reason: 'batch job runs',
        instance: instances[5]?.instance ?? '',
      },
    ],
  });
}

const isPhase = (text: string): text is Phase => Object.hasOwn({ ...whole, waiting: 0 }, text);
