import { AwsError, type Clock, type Random, type ServiceName } from '../kernel.js';
import { refusalOf, type Refusal } from './refusals.js';
import { categoryOf, type Category } from './throttle.js';

/**
 * Which requests a fault meets, and how often or how long. Absent members fit anything; without `times`, `seconds` and
 * `probability`, once.
 */
export interface FaultSelector {
  service?: ServiceName | undefined;
  /** One action, or any of several. */
  action?: string | readonly string[] | undefined;
  /** All actions that share this rate limit. */
  category?: Category | undefined;
  /** Access key id. */
  principal?: string | undefined;
  /** Only requests that name this instance: its EC2 id or the ARN of its container instance. */
  instance?: string | undefined;
  /** How many fitting requests pass before it begins. */
  after?: number | undefined;
  /** How many requests. */
  times?: number | undefined;
  /** How long, simulated seconds. */
  seconds?: number | undefined;
  /** How likely it meets a request that fits; default: surely. */
  probability?: number | undefined;
}

/** Whether something goes wrong before the request takes effect, or on the way back. */
type When = 'before' | 'after';

/** What an answer is replaced with. */
export interface Garbage {
  body: 'html' | 'truncated' | 'empty' | 'json';
  status: number;
}

/** What may happen to a list on its way to the client; none of it loses an item for a client that reads to the end. */
export type PageTrouble = 'short' | 'empty' | 'repeated-token' | 'shuffled';

/** Items that a batch does not answer for, though the whole is a success. */
export interface PartialFailure {
  reason: string;
  /** At most so many of a batch. */
  most: number;
  /** Those that it hits first. */
  names?: readonly string[];
}

export type Fault =
  /** The service refuses, in words of the caller's choice. */
  | { kind: 'aws-error'; code: string; message: string; status: number; when: When }
  /** The service refuses, in its own words. */
  | { kind: 'refuse'; as: Refusal }
  /** The answer comes late, by simulated seconds. */
  | { kind: 'latency'; delaySeconds: number }
  /** The connection breaks. */
  | { kind: 'reset'; when: When }
  /** No answer ever comes; the connection stays open. */
  | { kind: 'hang'; when: When }
  /** Something between answers instead of the service. */
  | ({ kind: 'garbage'; when: When } & Garbage)
  | { kind: 'pages'; trouble: PageTrouble }
  | ({ kind: 'failures' } & PartialFailure);

interface Armed {
  selector: FaultSelector;
  fault: Fault;
  toPass: number;
  left: number;
  until: number;
}

/** How a connection ends without an answer. */
export type Silence = 'broken' | 'hanging';

/** What a request meets on its way. */
export interface Encounter {
  delayMs: number;
  error?: AwsError;
  silence?: { kind: Silence; when: When };
  /** Instead of the true answer. */
  spoiled?: { as: Garbage | AwsError; when: When };
  pages: PageTrouble[];
  failures?: PartialFailure;
}

/** A request, as far as faults look at it. */
export interface FaultyRequest {
  service: ServiceName;
  action: string;
  principal: string;
  /** Its body. */
  text: string;
}

/** Faults that are armed for requests to come. */
export class Faults {
  #armed: Armed[] = [];

  constructor(
    readonly clock: Clock,
    readonly random: Random,
    /** Other names of an EC2 instance, such as the id of its container instance. */
    readonly namesOf: (ec2InstanceId: string) => readonly string[] = () => [],
  ) {}

  arm(selector: FaultSelector, fault: Fault): void {
    const { after = 0, times, seconds, probability } = selector;
    const isOnce = times === undefined && seconds === undefined && probability === undefined;
    this.#armed.push({
      selector,
      fault,
      toPass: after,
      left: times ?? (isOnce ? 1 : Infinity),
      until: seconds === undefined ? Infinity : this.clock.now() + seconds * 1000,
    });
  }

  /** What is armed now, with how many requests it still meets (null: any number) and until when (null: for ever). */
  list(): { fault: FaultSelector & Fault; left: number | null; until: string | null }[] {
    this.#forgetSpent();
    return this.#armed.map(({ selector, fault, left, until }) => ({
      fault: { ...selector, ...fault },
      left: Number.isFinite(left) ? left : null,
      until: Number.isFinite(until) ? new Date(until).toISOString() : null,
    }));
  }

  /** Disarms everything. */
  clear(): void {
    this.#armed = [];
  }

  /** The same items in another order. */
  shuffle<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, rank: this.random.between(0, 1) }))
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ item }) => item);
  }

  /** Takes what is armed for this request. */
  meet(request: FaultyRequest): Encounter {
    this.#forgetSpent();
    const encounter: Encounter = { delayMs: 0, pages: [] };
    for (const armed of this.#armed) {
      if (!this.#fits(armed.selector, request)) continue;
      if (armed.toPass > 0) {
        armed.toPass--;
        continue;
      }
      const { probability } = armed.selector;
      if (probability !== undefined && !this.random.chance(probability)) continue;
      armed.left--;
      this.#apply(armed, request.service, encounter);
    }
    return encounter;
  }

  #forgetSpent(): void {
    const now = this.clock.now();
    this.#armed = this.#armed.filter(({ left, until }) => left > 0 && until > now);
  }

  #fits(selector: FaultSelector, { service, action, principal, text }: FaultyRequest): boolean {
    const { instance, category } = selector;
    return (
      (selector.service ?? service) === service &&
      [selector.action ?? action].flat().includes(action) &&
      (selector.principal ?? principal) === principal &&
      (category === undefined || categoryOf(service, action) === category) &&
      (instance === undefined || this.#names(instance).some((name) => text.includes(name)))
    );
  }

  #apply({ fault, selector }: Armed, service: ServiceName, encounter: Encounter): void {
    switch (fault.kind) {
      case 'aws-error': {
        const error = new AwsError(fault.code, fault.message, fault.status);
        if (fault.when === 'before') encounter.error ??= error;
        else encounter.spoiled ??= { as: error, when: 'after' };
        break;
      }
      case 'refuse':
        encounter.error ??= refusalOf(service, fault.as);
        break;
      case 'latency':
        encounter.delayMs += fault.delaySeconds * 1000;
        break;
      case 'reset':
        encounter.silence ??= { kind: 'broken', when: fault.when };
        break;
      case 'hang':
        encounter.silence ??= { kind: 'hanging', when: fault.when };
        break;
      case 'garbage':
        encounter.spoiled ??= { as: { body: fault.body, status: fault.status }, when: fault.when };
        break;
      case 'pages':
        encounter.pages.push(fault.trouble);
        break;
      case 'failures':
        encounter.failures ??= {
          reason: fault.reason,
          most: fault.most,
          names: selector.instance === undefined ? [] : this.#names(selector.instance),
        };
        break;
    }
  }

  #names(ec2InstanceId: string): string[] {
    return [ec2InstanceId, ...this.namesOf(ec2InstanceId)];
  }
}
