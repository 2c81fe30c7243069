import { setHandler } from '@temporalio/workflow';
import { clusterWorkflowId } from '../src/model/names.js';
import { readQuarantines } from '../src/model/quarantine.js';
import type { Steering } from '../src/model/reason.js';
import { instanceSteering, type SteeringInput } from '../src/model/steering-messages.js';
import type { InstanceRun } from './instance-run.js';
import { instanceStatusQuery, quarantinedSignal, refuse, signals, updates } from './messages.js';

const form = 'Send {"reason", "by"}, a reason, or nothing.';

/** Lets an operator ask an instance's workflow, and call off what it has not begun, or what can still be undone. */
export function handleInstanceMessages(run: InstanceRun): void {
  const { cluster, instance, work } = run.input;
  setHandler(instanceStatusQuery, () => run.status, {
    description: 'Phase, versions and what stands out',
  });

  setHandler(quarantinedSignal, (message) => void Object.assign(run.quarantined, readQuarantines(message)), {
    description: 'From its rollout: versions that it must not be booted into',
  });

  const handle = (
    name: 'skip' | 'pause' | 'cancel',
    until: readonly InstanceRun['phase'][],
    act: (by: Steering) => string,
    description: string,
  ): void => {
    const objection = (message: SteeringInput): string | null => {
      if (!instanceSteering(message)) return form;
      return work.mode === 'update' && until.includes(run.phase)
        ? null
        : `${name} comes too late: ${instance.ec2InstanceId} is ${run.phase}.`;
    };
    const perform = (message: SteeringInput): string => {
      const by = instanceSteering(message) ?? {};
      run.record(name, by);
      return act(by);
    };
    setHandler(updates[name], perform, {
      description,
      validator: (message) => {
        const why = objection(message);
        if (why !== null) refuse(why);
      },
    });
    setHandler(
      signals[name],
      (message) => {
        const why = objection(message);
        if (why === null) perform(message);
        else run.note = why === form ? `${name} was not done. ${form}` : why;
      },
      { description },
    );
  };

  handle(
    'skip',
    ['waiting', 'draining'],
    (by) => {
      run.skipped = by;
      run.beforeUpdate.cancel();
      return `${instance.ec2InstanceId} is skipped and given back.`;
    },
    'Gives the instance back without an update; possible until it is being updated',
  );
  handle(
    'pause',
    ['waiting'],
    (by) => {
      run.paused = by;
      run.beforeUpdate.cancel();
      return `${instance.ec2InstanceId} waits until it is resumed.`;
    },
    'Lets the instance wait; possible until it is being drained',
  );
  handle(
    'cancel',
    ['waiting', 'draining', 'updating'],
    (by) => {
      run.cancel(by);
      return `The update of ${instance.ec2InstanceId} is cancelled; the instance is given back.`;
    },
    'Gives the instance back without an update; possible until its reboot is ordered',
  );

  for (const name of ['resume', 'unskip', 'hold', 'unhold', 'clear'] as const) {
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
