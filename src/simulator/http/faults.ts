import { AwsError, type Clock, type ServiceName } from '../kernel.js';

/** Which requests a fault meets, and how often or how long. Absent members fit anything; without `times` and `seconds`, once. */
export interface FaultSelector {
  service?: ServiceName | undefined;
  action?: string | undefined;
  principal?: string | undefined;
  /** How many requests. */
  times?: number | undefined;
  /** How long, simulated seconds. */
  seconds?: number | undefined;
}

export type Fault =
  /** The service refuses. */
  | { kind: 'aws-error'; code: string; message: string; status: number }
  /** The answer comes late, by simulated seconds. */
  | { kind: 'latency'; delaySeconds: number }
  /** The connection breaks, before or after the request took effect. */
  | { kind: 'reset'; when: 'before' | 'after' }
  /** Something between answers instead of the service: an HTML page, or half of the answer; the request took effect. */
  | { kind: 'garbage'; body: 'html' | 'truncated'; status: number };

interface Armed {
  selector: FaultSelector;
  fault: Fault;
  left: number;
  until: number;
}

/** What a request meets on its way. */
export interface Encounter {
  delayMs: number;
  error?: AwsError;
  reset?: 'before' | 'after';
  garbage?: { body: 'html' | 'truncated'; status: number };
}

/** Faults that are armed for requests to come. */
export class Faults {
  #armed: Armed[] = [];

  constructor(readonly clock: Clock) {}

  arm(selector: FaultSelector, fault: Fault): void {
    const { times, seconds } = selector;
    this.#armed.push({
      selector,
      fault,
      left: times ?? (seconds === undefined ? 1 : Infinity),
      until: seconds === undefined ? Infinity : this.clock.now() + seconds * 1000,
    });
  }

  /** Takes what is armed for this request. */
  meet(request: { service: ServiceName; action: string; principal: string }): Encounter {
    const now = this.clock.now();
    this.#armed = this.#armed.filter(({ left, until }) => left > 0 && until > now);
    const encounter: Encounter = { delayMs: 0 };
    for (const armed of this.#armed) {
      if (!fits(armed.selector, request)) continue;
      armed.left--;
      apply(armed.fault, encounter);
    }
    return encounter;
  }
}

const fits = (
  selector: FaultSelector,
  request: { service: ServiceName; action: string; principal: string },
): boolean =>
  (selector.service ?? request.service) === request.service &&
  (selector.action ?? request.action) === request.action &&
  (selector.principal ?? request.principal) === request.principal;

function apply(fault: Fault, encounter: Encounter): void {
  switch (fault.kind) {
    case 'aws-error':
      encounter.error ??= new AwsError(fault.code, fault.message, fault.status);
      break;
    case 'latency':
      encounter.delayMs += fault.delaySeconds * 1000;
      break;
    case 'reset':
      encounter.reset ??= fault.when;
      break;
    case 'garbage':
      encounter.garbage ??= { body: fault.body, status: fault.status };
      break;
  }
}
