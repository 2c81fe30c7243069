import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import { clusterWorkflowId, drainedAttribute, instanceWorkflowId } from '../src/model/names.js';
import type { SteeringName, SteeringPayload } from '../src/model/steering-messages.js';
import { NoWorker, RolloutFailed } from '../src/temporal/rollouts.js';
import { Refused, steer } from '../src/temporal/steering.js';
import { ControlError } from '../src/simulator/control/control-error.js';
import type { FaultInput } from '../src/simulator/control/faults.js';
import type { Simulator } from '../src/simulator/simulator.js';
import { type Blow, type Deed, here } from './deeds.js';
import type { ChaosPhase } from './phases.js';
import type { Rollouts } from './rollouts.js';
import type { Site } from './site.js';

/** What hands reach. */
export interface Reach {
  site: Site;
  simulator: Simulator;
  rollouts: Rollouts;
}

/** Whether a deed did something; `terminated`: a workflow ended without a word, so that the next rollout has to tidy up. */
export type Effect = 'done' | 'in vain' | 'terminated';

/** Does to our own processes what must happen within the moment itself. False: that process is being replaced already. */
export function strike({ site: { crew, server } }: Reach, blow: Blow): boolean {
  switch (blow.kind) {
    case 'kill-worker':
      return crew.kill(blow.pauseMs);
    case 'stop-worker':
      return crew.stop();
    case 'freeze-worker':
      return crew.freeze(blow.forMs);
    case 'restart-server':
      return server.restart(blow.pauseMs);
  }
}

/** Does a deed of somebody else, to the instance that the moment was about. */
export async function act(
  reach: Reach,
  deed: Exclude<Deed, Blow>,
  instance: string,
  phase: ChaosPhase,
): Promise<Effect> {
  const { site, rollouts } = reach;
  const cluster = clusterWorkflowId(rollouts.cluster);
  const child = instanceWorkflowId(rollouts.cluster, instance);
  const handle = (workflowId: string) => site.client.workflow.getHandle(workflowId);
  const by = { by: 'chaos' };
  try {
    switch (deed.kind) {
      case 'cancel-rollout':
        await site.ask(() => handle(cluster).cancel());
        return 'done';
      case 'cancel-instance':
        await site.ask(() => handle(child).cancel());
        return 'done';
      case 'terminate-rollout':
        await site.ask(() => handle(cluster).terminate('chaos'));
        return 'terminated';
      case 'terminate-instance':
        await site.ask(() => handle(child).terminate('chaos'));
        return 'terminated';
      case 'pause-rollout':
        await site.ask(() => handle(cluster).signal('pause', by));
        await sleep(deed.forMs);
        await site.ask(() => handle(cluster).signal('resume', by));
        return 'done';
      case 'skip-instance':
        await site.ask(() => handle(cluster).signal('skip', { ...by, instance }));
        return 'done';
      case 'unskip-instance':
        await site.ask(() => handle(cluster).signal('unskip', { ...by, instance }));
        return 'done';
      case 'start-again':
        await rollouts.start();
        return 'done';
      case 'hold-instance':
        return await order(reach, 'hold', { instance });
      case 'unhold-instance':
        return await order(reach, 'unhold', { instance });
      case 'clear-all':
        return await order(reach, 'clear', { all: true });
      case 'fleet':
        return meddle(reach.simulator, deed.fault, instance, phase);
    }
  } catch (err) {
    // What is over needs no deed.
    if (err instanceof WorkflowNotFoundError || err instanceof ControlError) return 'in vain';
    // No worker is there to carry out an order, or AWS refuses it.
    if (err instanceof NoWorker || err instanceof RolloutFailed || err instanceof Refused) return 'in vain';
    throw err;
  }
}

/** An order may wait so long for a worker and for AWS, in ms. */
const orderWithinMs = 30_000;

async function order(
  { site, rollouts }: Reach,
  name: SteeringName,
  payload: SteeringPayload,
): Promise<Effect> {
  const input = { cluster: rollouts.cluster, order: name, by: 'chaos', ...payload };
  await site.ask(() => steer(site.client, input, orderWithinMs));
  return 'done';
}

function meddle(simulator: Simulator, fault: FaultInput, instance: string, phase: ChaosPhase): Effect {
  const aimed = 'instance' in fault && fault.instance === here ? { ...fault, instance } : fault;
  if (aimed.kind === 'set-state' && !isFair(simulator, aimed, phase)) return 'in vain';
  simulator.fault(aimed);
  return 'done';
}

/**
 * Nobody can tell who drained what both have drained, nor keep an order that is on its way from an instance that somebody sets ACTIVE: such
 * hands hurt by themselves. While the update is being written, no reboot is on its way.
 */
function isFair(
  simulator: Simulator,
  { instance, status }: Extract<FaultInput, { kind: 'set-state' }>,
  phase: ChaosPhase,
): boolean {
  const found = simulator
    .state()
    .clusters.flatMap(({ instances }) => instances)
    .find(({ ec2InstanceId }) => ec2InstanceId === instance);
  if (!found) return false;
  const isOurs = drainedAttribute in found.attributes;
  return status === 'DRAINING'
    ? found.status === 'ACTIVE' && !isOurs
    : isOurs && (phase === 'draining' || Boolean(found.host?.updateAction));
}
