import { drainedAttribute } from '../src/model/names.js';
import type { Violation } from '../src/simulator/audit/violation.js';
import type { FleetState } from '../src/simulator/control/state.js';
import type { Simulator } from '../src/simulator/simulator.js';
import { workerPrincipal } from './phases.js';

export type InstanceState = FleetState['clusters'][number]['instances'][number];

/** The container instances as they are now. */
export const instancesOf = (simulator: Simulator): InstanceState[] =>
  simulator.state().clusters.flatMap(({ instances }) => instances);

/**
 * What a rollout that ended by itself left behind, beside what it reported as held: an instance out of service through us, a command that can
 * still act.
 */
export function judgeLeft(simulator: Simulator, held: readonly string[]): string[] {
  const instances = instancesOf(simulator);
  const ended = simulator.fleet.audit.end(
    { principal: workerPrincipal, held: [...held] },
    simulator.clock.now(),
  );
  const left = instances.filter(
    ({ ec2InstanceId, status, statusBy, attributes, host }) =>
      // What EC2 has ended serves nobody, whatever ECS still says of it.
      host?.ec2State === 'running' &&
      !held.includes(ec2InstanceId) &&
      status !== 'INACTIVE' &&
      ((status === 'DRAINING' && statusBy === workerPrincipal) || drainedAttribute in attributes),
  );
  return [
    ...ended.filter((violation) => !isOutOfReach(violation, instances)).map(wordsOf),
    ...left.map(
      ({ ec2InstanceId, status, attributes }) =>
        `invariant 6: ${ec2InstanceId} is ${status} with mark ${attributes[drainedAttribute] ?? 'none'}`,
    ),
  ];
}

/** What the audit holds against us so far, but for what only an end shows. */
export const judgeDeeds = ({ fleet }: Simulator): string[] =>
  fleet.audit.violations
    .filter(({ principal, invariant }) => principal === workerPrincipal && invariant !== 6)
    .map(wordsOf);

const wordsOf = ({ time, invariant, ec2InstanceId, message }: Violation): string =>
  `invariant ${invariant}: ${ec2InstanceId} at ${time}: ${message}`;

/**
 * An agent that did not come back may hold a command that nobody can take from it; its guard is what keeps it from acting. The audit cannot
 * know that there is a guard.
 */
function isOutOfReach({ ec2InstanceId, message }: Violation, instances: InstanceState[]): boolean {
  const host = instances.find((one) => one.ec2InstanceId === ec2InstanceId)?.host;
  return message.includes('can still run') && host?.ssmAgentUp === false;
}
