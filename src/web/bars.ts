import { type PhaseSpan, type RolloutRecord, spansOf } from '../model/rollout-record.js';
import type { ClusterStatus, InstanceStatus } from '../model/steering.js';
import { toneOf } from './look.js';
import type { TimelineBar } from './timeline-bars.js';
import type { InstanceView } from './view.js';

/** What is known of a rollout's work over time. */
interface Known {
  status: Pick<ClusterStatus, 'endedAt'>;
  inFlight: ReadonlyMap<string, InstanceStatus>;
  instances: readonly InstanceView[];
}

/**
 * The bars of a rollout that runs. What was done before anybody looked comes from its history, which is long; from then on each look tells
 * enough.
 */
export class Bars {
  readonly #spans: Map<string, PhaseSpan[]>;

  constructor(record: Pick<RolloutRecord, 'instances'> | null) {
    this.#spans = new Map(
      record?.instances.map(({ ec2InstanceId, spans }) => [
        ec2InstanceId,
        spans.map((span) => ({ ...span })),
      ]),
    );
  }

  /** Takes down what is seen now, and answers with all that is known. */
  see({ status, inFlight, instances }: Known): TimelineBar[] {
    for (const [instance, { entered }] of inFlight) {
      const before = this.#spans.get(instance)?.filter(({ from }) => from < (entered[0]?.at ?? '')) ?? [];
      this.#spans.set(instance, [...before, ...spansOf(entered, null)]);
    }
    for (const [instance, spans] of this.#spans) {
      const endedAt = status.endedAt[instance];
      const last = spans.at(-1);
      if (last?.to === null && endedAt !== undefined && !inFlight.has(instance)) last.to = endedAt;
    }
    return instances.flatMap((one) => barOf(one, this.#spans.get(one.instance) ?? []));
  }
}

/** The bar of an instance; none where nothing was done with it. */
export const barOf = (one: InstanceView, spans: readonly PhaseSpan[]): TimelineBar[] =>
  spans.length === 0 ? [] : [{ instance: one.instance, spans, state: one.state, tone: toneOf(one) }];
