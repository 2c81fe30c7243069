import { setHandler } from '@temporalio/workflow';
import { clusterWorkflowId } from '../src/model/names.js';
import { instanceSteering, type SteeringInput } from '../src/model/steering.js';
import type { InstanceRun } from './instance-run.js';
import { instanceStatusQuery, refuse, signals, updates } from './messages.js';

const form = 'Send {"reason", "by"}, a reason, or nothing.';

/** Lets an operator ask an instance's workflow, skip it until it is being updated, and pause it until it is being drained. */
export function handleInstanceMessages(run: InstanceRun): void {
  const { cluster, instance, work } = run.input;
  setHandler(instanceStatusQuery, () => run.status, {
    description: 'Phase, versions and what stands out',
  });

  const handle = (
    name: 'skip' | 'pause',
    may: () => boolean,
    act: (message: SteeringInput) => string,
    description: string,
  ): void => {
    const tooLate = () => `${name} comes too late: ${instance.ec2InstanceId} is ${run.phase}.`;
    setHandler(updates[name], act, {
      description,
      validator: (message) => {
        if (!instanceSteering(message)) refuse(form);
        if (!may()) refuse(tooLate());
      },
    });
    setHandler(
      signals[name],
      (message) => {
        if (!instanceSteering(message)) run.note = `${name} was not done. ${form}`;
        else if (may()) act(message);
        else run.note = tooLate();
      },
      { description },
    );
  };

  handle(
    'skip',
    () => work.mode === 'update' && (run.phase === 'waiting' || run.phase === 'draining'),
    (message) => {
      run.skipped = instanceSteering(message) ?? {};
      run.beforeUpdate.cancel();
      return `${instance.ec2InstanceId} is skipped and given back.`;
    },
    'Gives the instance back without an update; possible until it is being updated',
  );
  handle(
    'pause',
    () => work.mode === 'update' && run.phase === 'waiting',
    (message) => {
      run.paused = instanceSteering(message) ?? {};
      run.beforeUpdate.cancel();
      return `${instance.ec2InstanceId} waits until it is resumed.`;
    },
    'Lets the instance wait; possible until it is being drained',
  );

  for (const name of ['resume', 'unskip'] as const) {
    const sentence = `Send ${name} to the cluster's workflow, ${clusterWorkflowId(cluster.name)}.`;
    setHandler(updates[name], (_message: SteeringInput) => sentence, {
      validator: (_message: SteeringInput) => {
        refuse(sentence);
      },
    });
    setHandler(signals[name], () => {
      run.note = sentence;
    });
  }
}
