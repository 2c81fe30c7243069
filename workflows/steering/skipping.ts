import { CancellationScope, getExternalWorkflowHandle, log } from '@temporalio/workflow';
import { instanceWorkflowId } from '../../src/model/names.js';
import type { SteeringPayload } from '../../src/model/steering-messages.js';
import type { ClusterRun } from '../cluster-run.js';
import { signals } from '../messages.js';
import { type Message, said } from './message.js';
import { note } from './orders.js';
import { settled } from './settled.js';

/** Leaves an instance out. */
export const skip = (run: ClusterRun): Message => ({
  description: 'Leaves one instance out of this rollout; one that is draining is given back',
  objection: ({ instance = '' }) => settled(run, instance),
  act: async (payload) => {
    const { instance = '' } = payload;
    if (run.inFlight.has(instance)) {
      return tellInstance(run, 'skip', payload, 'unless it is being updated already');
    }
    run.record('skip', payload);
    run.skip(instance, said(payload));
    return `${instance} is left out of this rollout.`;
  },
});

/** Takes a skip back. */
export const unskip = (run: ClusterRun): Message => ({
  description: 'Takes back a skip, as long as the rollout runs',
  objection: ({ instance = '' }) => (run.skips.has(instance) ? null : `${instance} is not skipped.`),
  act: async (payload) => {
    const { instance = '' } = payload;
    run.record('unskip', payload);
    const wasNoted = run.unskip(instance);
    return `${instance} has its turn again.${wasNoted ? await note(run, 'unskip', payload) : ''}`;
  },
});

/** Ends the rollout, or the work on one instance. */
export const cancel = (run: ClusterRun): Message => ({
  description: 'Ends the rollout, or the work on one instance; what is out of service is given back',
  objection: ({ instance }) => {
    const { name } = run.input.cluster;
    if (instance === undefined)
      return run.isCancelled ? `The rollout of ${name} is being cancelled already.` : null;
    if (run.inFlight.has(instance)) return null;
    return settled(run, instance) ?? `${instance} is not in flight. Skip it to leave it out.`;
  },
  act: async (payload) => {
    const { instance } = payload;
    const { name } = run.input.cluster;
    if (instance !== undefined) {
      return tellInstance(run, 'cancel', payload, 'unless it is being rebooted already');
    }
    run.record('cancel', payload);
    const inFlight = run.inFlight.size;
    run.cancel(said(payload));
    return `The rollout of ${name} is cancelled: nothing new starts; ${whatIsGivenBack(inFlight)}.`;
  },
});

/** Of so many in flight, as a clause. */
function whatIsGivenBack(inFlight: number): string {
  if (inFlight === 0) return 'none is in flight';
  return inFlight === 1
    ? '1 in flight is given back, or finishes its reboot first'
    : `${inFlight} in flight are given back, or finish their reboot first`;
}

/** Passes a message on to the workflow of an instance in flight, whose report has it on record. */
async function tellInstance(
  run: ClusterRun,
  name: 'skip' | 'cancel',
  payload: SteeringPayload,
  unless: string,
): Promise<string> {
  const workflowId = instanceWorkflowId(run.input.cluster.name, payload.instance ?? '');
  try {
    await CancellationScope.nonCancellable(() =>
      getExternalWorkflowHandle(workflowId).signal(signals[name], said(payload)),
    );
    return `Told ${workflowId}, which gives the instance back ${unless}.`;
  } catch (err) {
    log.warn(`the instance could not be told: ${name}`, { workflowId, error: err });
    return `${workflowId} has ended meanwhile.`;
  }
}
