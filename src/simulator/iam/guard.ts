import { accessError } from '../http/refusals.js';
import type { ServiceName } from '../kernel.js';
import { principalArn } from '../sts/sessions.js';
import { accessRequests, type Place } from './actions.js';
import { decide, type Decision, parsePolicy, type Policy, type PolicyDocument } from './policy.js';
import type { AccessRequest } from './request.js';
import type { Resources } from './resources.js';

/** A policy, and who has it. */
export interface AttachedPolicy {
  document: PolicyDocument;
  /** Access keys, or roles as `assumed-role/<name>`, whatever the session. Default: everybody. */
  principals?: readonly string[];
}

/** Is told of every request that policies were asked about, what they said, and the parameters of the call. */
export type AccessObserver = (
  principal: string,
  request: AccessRequest,
  decision: Decision,
  input: Readonly<Record<string, unknown>>,
) => void;

interface Options {
  attached: readonly AttachedPolicy[];
  /** Names of the clusters of the account: each principal has each of its policies once for each of them. */
  clusters: readonly string[];
  place: Place;
  resources: Resources;
  observe?: AccessObserver | undefined;
}

/** Holds calls against the policies of their callers. Who has none may do everything. */
export class AccessGuard {
  readonly #policies: readonly { holdsFor: (principal: string) => boolean; policies: readonly Policy[] }[];

  /** Throws `PolicyError` for a policy that cannot be enforced. */
  constructor(private readonly options: Options) {
    const { attached, clusters, place } = options;
    this.#policies = attached.map(({ document, principals }) => ({
      holdsFor: (principal) =>
        principals?.some((one) => one === principal || isSessionOf(one, principal)) ?? true,
      policies: clusters.map((clusterName) => parsePolicy(document, { ...place, clusterName })),
    }));
  }

  /** Throws the service's own error where a call names a resource for which the caller has no permission. Whether it exists does not count. */
  check(service: ServiceName, operation: string, input: Record<string, unknown>, principal: string): void {
    const held = this.#policies.filter(({ holdsFor }) => holdsFor(principal));
    if (held.length === 0) return;
    const policies = held.flatMap((one) => one.policies);
    const { place, resources, observe } = this.options;
    for (const request of accessRequests(service, operation, input, place, resources)) {
      const decision = decide(policies, request);
      observe?.(principal, request, decision, input);
      if (decision !== 'allowed') {
        throw accessError(service, request, principalArn(place.accountId, principal), decision);
      }
    }
  }
}

const isSessionOf = (role: string, principal: string): boolean =>
  role.startsWith('assumed-role/') && principal.startsWith(`${role}/`);
