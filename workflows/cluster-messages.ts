import { CancellationScope, getExternalWorkflowHandle, log, setHandler } from '@temporalio/workflow';
import { explainResult } from '../src/model/explain.js';
import { instanceWorkflowId } from '../src/model/names.js';
import {
  clusterSteering,
  steeringNames,
  type SteeringInput,
  type SteeringName,
  type SteeringPayload,
} from '../src/model/steering.js';
import type { ClusterRun } from './cluster-run.js';
import { clusterStatusQuery, refuse, signals, updates } from './messages.js';

interface Message {
  description: string;
  /** Why it cannot be done now; null: it can. */
  objection: (payload: SteeringPayload) => string | null;
  /** Does it, and says what follows. */
  act: (payload: SteeringPayload) => string | Promise<string>;
}

/** Lets an operator ask, pause, resume, skip and unskip a cluster's rollout, by signal or by workflow update. */
export function handleClusterMessages(run: ClusterRun): void {
  setHandler(clusterStatusQuery, () => run.status, {
    description: 'The whole rollout, instance by instance',
  });
  const messages: Record<SteeringName, Message> = {
    pause: pause(run),
    resume: resume(run),
    skip: skip(run),
    unskip: unskip(run),
  };
  for (const name of steeringNames) {
    const { description, objection, act } = messages[name];
    const perform = async (message: SteeringInput): Promise<string> => {
      const payload = clusterSteering(message) ?? {};
      const sentence = await act(payload);
      run.record({ what: name, ...payload });
      run.changes += 1;
      return sentence;
    };
    setHandler(updates[name], perform, {
      description,
      validator: (message: SteeringInput) => {
        const payload = clusterSteering(message);
        if (!payload) refuse('Send {"instance", "reason", "by"}, an instance id, or nothing.');
        const why = payload && objection(payload);
        if (why) refuse(why);
      },
    });
    setHandler(
      signals[name],
      async (message: SteeringInput) => {
        const payload = clusterSteering(message);
        const why = payload ? objection(payload) : 'the payload is of another form';
        if (why) log.warn(`${name} was not done: ${why}`, { payload });
        else await perform(message);
      },
      { description },
    );
  }
}

const said = ({ by, reason }: SteeringPayload) => ({ ...(by && { by }), ...(reason && { reason }) });

/** Why steering this instance would change nothing. */
function settled(run: ClusterRun, ec2InstanceId: string): string | null {
  const result = run.resultOf(ec2InstanceId);
  if (result) return `${ec2InstanceId} is settled in this rollout: ${explainResult(result)}`;
  return run.stage === 'checking' || run.instances.has(ec2InstanceId)
    ? null
    : `${ec2InstanceId} is not an instance of ${run.input.cluster.name}.`;
}

const pause = (run: ClusterRun): Message => ({
  description:
    'Starts nothing new until resumed, in the cluster or on one instance; what is in flight finishes',
  objection: ({ instance }) => {
    if (!instance) return null;
    if (run.inFlight.has(instance))
      return `${instance} is in flight; what has begun finishes. Skip it to have it given back.`;
    return settled(run, instance);
  },
  act: (payload) => {
    const paused = { ...said(payload), since: new Date().toISOString() };
    if (payload.instance) {
      run.pausedInstances.set(payload.instance, paused);
      return `${payload.instance} waits until it is resumed.`;
    }
    run.paused = paused;
    return `Nothing new starts in ${run.input.cluster.name} until it is resumed; ${run.inFlight.size} in flight finish.`;
  },
});

const resume = (run: ClusterRun): Message => ({
  description: 'Ends a pause, of the cluster or of one instance',
  objection: ({ instance }) => {
    if (instance) return run.pausedInstances.has(instance) ? null : `${instance} is not paused.`;
    return run.paused ? null : `${run.input.cluster.name} is not paused.`;
  },
  act: ({ instance }) => {
    if (instance) run.pausedInstances.delete(instance);
    else run.paused = null;
    return `${instance ?? run.input.cluster.name} goes on.`;
  },
});

const skip = (run: ClusterRun): Message => ({
  description: 'Leaves one instance out of this rollout; one that is draining is given back',
  objection: ({ instance }) => (instance ? settled(run, instance) : 'Name the instance to skip.'),
  act: async (payload) => {
    const instance = payload.instance ?? '';
    if (!run.inFlight.has(instance)) {
      run.skips.set(instance, said(payload));
      return `${instance} is left out of this rollout.`;
    }
    const workflowId = instanceWorkflowId(run.input.cluster.name, instance);
    try {
      await CancellationScope.nonCancellable(() =>
        getExternalWorkflowHandle(workflowId).signal(signals.skip, said(payload)),
      );
    } catch (err) {
      log.warn('the instance could not be told of its skip', { workflowId, error: err });
      return `${workflowId} has ended meanwhile.`;
    }
    return `Told ${workflowId}, which gives the instance back unless it is being updated already.`;
  },
});

const unskip = (run: ClusterRun): Message => ({
  description: 'Takes back a skip, as long as the rollout runs',
  objection: ({ instance }) =>
    instance && run.skips.has(instance) ? null : `${instance ?? 'No instance'} is not skipped.`,
  act: ({ instance = '' }) => {
    run.skips.delete(instance);
    return `${instance} has its turn again.`;
  },
});
