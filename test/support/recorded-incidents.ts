import type { WorkflowHandle } from '@temporalio/client';
import { clusterWorkflowId, notifyWorkflowId, whyWorkflowId } from '../../src/model/names.js';
import { testNotice } from '../../src/model/notice-events.js';
import { notificationEvents, type NotificationTarget } from '../../src/model/notifications.js';
import type { examineCluster, notify } from '../../workflows/index.js';
import { eventually } from './eventually.js';
import {
  accessDenied,
  attempt,
  type Fleet,
  fleet,
  type HostSpec,
  never,
  stillWaiting,
  standaloneTask,
} from './fake-activities.js';
import type { Ending } from './histories.js';
import { registerAll } from './visible.js';
import type { Stage } from './workflow-harness.js';

const since = '2026-01-05T03:00:00.000Z';
const ours = { installation: 'default', rolloutId: 'earlier', since };

const plain = (count: number, spec: Omit<HostSpec, 'id'> = {}): HostSpec[] =>
  Array.from({ length: count }, (_, n) => ({ id: `i-${n + 1}`, ...spec }));

/** What happens, and the workflow whose history is kept; it is closed when this returns. */
interface Incident {
  hosts: Fleet;
  /** Whether it is played on the real server: the time-skipping one does not tell a parent that its child was terminated. */
  inRealTime?: true;
  play: (stage: Stage, hosts: Fleet) => Promise<WorkflowHandle>;
}

async function closed<H extends WorkflowHandle>(handle: H): Promise<H> {
  await handle.result().catch(() => {});
  return handle;
}

const instance = async (stage: Stage) => closed(await stage.startInstance('i-1'));

const denied = (): Fleet =>
  fleet(plain(1), {
    checkPrerequisites: async () => {
      throw accessDenied('ecs:DescribeClusters');
    },
  });

const startPlan = async (stage: Stage): Promise<WorkflowHandle> =>
  stage.client.workflow.start('planCluster', {
    workflowId: `${clusterWorkflowId(stage.cluster.name)}/plan`,
    taskQueue: stage.taskQueue,
    args: [stage.input()],
  });

const startLook = async (stage: Stage): Promise<WorkflowHandle> =>
  stage.client.workflow.start('explainInstance', {
    workflowId: whyWorkflowId(stage.cluster.name, 'i-1'),
    taskQueue: stage.taskQueue,
    args: [{ ...stage.input(), ec2InstanceId: 'i-1' }],
  });

const chat: NotificationTarget = { type: 'slack', urlFromEnv: 'CHAT', events: [...notificationEvents] };

const startMessage = async (stage: Stage): Promise<WorkflowHandle> => {
  const notice = testNotice(stage.cluster, 'id', 'ann', since);
  const { notifications } = stage.input({ settings: { notificationLimit: '5m' } }).settings;
  return stage.client.workflow.start<typeof notify>('notify', {
    workflowId: notifyWorkflowId(stage.cluster.name, notice.id),
    taskQueue: stage.taskQueue,
    args: [{ notice, targets: [chat, { ...chat, urlFromEnv: 'OTHER' }], limits: notifications }],
  });
};

const startExamination = async (stage: Stage): Promise<WorkflowHandle> =>
  stage.client.workflow.start<typeof examineCluster>('examineCluster', {
    workflowId: `${clusterWorkflowId(stage.cluster.name)}:doctor`,
    taskQueue: stage.taskQueue,
    args: [{ cluster: stage.cluster, documents: null, rebootsThroughEc2: false }],
  });

/** A workflow that has ended, and of which everybody was told. */
async function told(stage: Stage, handle: WorkflowHandle): Promise<WorkflowHandle> {
  await closed(handle);
  await stage.allTold(handle);
  return handle;
}

/** Cancels a workflow from within its activity, and returns once that is to be called off. */
async function callOff(handle: WorkflowHandle): Promise<void> {
  await handle.cancel();
  await eventually('the activity is called off', async () => {
    const { events } = await handle.fetchHistory();
    return events?.some((event) => event.activityTaskCancelRequestedEventAttributes);
  });
}

/** How each ending comes about. */
export const incidents: Record<Ending, Incident> = {
  'update-instance/updated': {
    hosts: fleet([{ id: 'i-1', drainMinutes: 20, bootMinutes: 3 }]),
    play: instance,
  },
  'update-instance/updated-with-warning': {
    hosts: fleet([{ id: 'i-1', found: 'Ready' }], {
      waitUntilSteady: async () => {
        throw stillWaiting('web');
      },
    }),
    play: instance,
  },
  'update-instance/skipped-by-operator': {
    hosts: fleet([{ id: 'i-1', drainMinutes: 8 }]),
    play: async (stage, hosts) => {
      hosts.when('waitUntilDrained', () => stage.update('skip', 'i-1', { reason: 'busy', by: 'ann' }));
      return instance(stage);
    },
  },
  'update-instance/skipped-by-task': {
    hosts: fleet([{ id: 'i-1' }], {
      waitUntilDrained: async () => ({ kind: 'blocked', by: 'standalone-task', tasks: [standaloneTask] }),
    }),
    play: instance,
  },
  'update-instance/rolled-back': {
    hosts: fleet([{ id: 'i-1', drainMinutes: never }]),
    play: instance,
  },
  'update-instance/rolled-back-while-applying': {
    hosts: fleet([{ id: 'i-1' }], {
      applyUpdate: async () => {
        throw stillWaiting('apply');
      },
    }),
    play: instance,
  },
  'update-instance/update-withdrawn': {
    hosts: fleet([{ id: 'i-1' }], {
      applyUpdate: async () => ({ kind: 'failed', detail: 'no update available' }),
    }),
    play: async (stage, hosts) => {
      hosts.when('applyUpdate', async () => {
        Object.assign(hosts.host('i-1'), { offered: null, found: 'Idle' });
      });
      return instance(stage);
    },
  },
  'update-instance/taken-over': {
    hosts: fleet([{ id: 'i-1' }], {
      waitUntilDrained: async () => ({ kind: 'taken-over', status: 'ACTIVE' }),
    }),
    play: instance,
  },
  'update-instance/reboot-refused': {
    hosts: fleet([{ id: 'i-1' }], {
      orderReboot: async () => ({ kind: 'sent' }),
      waitForBoot: async () => ({ kind: 'not-rebooted', why: 'refused', detail: 'inhibited' }),
    }),
    play: instance,
  },
  'update-instance/booted-old-version': {
    hosts: fleet([{ id: 'i-1', boots: 'old' }]),
    play: instance,
  },
  'update-instance/failed-reboot': {
    hosts: fleet([{ id: 'i-1', boots: 'never' }]),
    play: instance,
  },
  'update-instance/failed-and-rebooted-through-ec2': {
    hosts: fleet([{ id: 'i-1', boots: 'never' }]),
    play: async (stage) =>
      closed(await stage.startInstance('i-1', { settings: { afterFailedReboot: 'ec2-reboot' } })),
  },
  'update-instance/failed-and-held': {
    hosts: fleet([{ id: 'i-1', boots: 'never' }]),
    play: async (stage) =>
      closed(await stage.startInstance('i-1', { settings: { afterFailedReboot: 'hold' } })),
  },
  'update-instance/failed-verification': {
    hosts: fleet([{ id: 'i-1' }], {
      waitUntilHealthy: async () => {
        throw accessDenied('ec2:DescribeInstanceStatus');
      },
    }),
    play: instance,
  },
  'update-instance/gone': {
    hosts: fleet([{ id: 'i-1' }], { waitForBoot: async () => ({ kind: 'gone', detail: 'terminated' }) }),
    play: instance,
  },
  'update-instance/cancelled': {
    hosts: fleet([{ id: 'i-1', drainMinutes: 8 }]),
    play: async (stage, hosts) => {
      hosts.when('waitUntilDrained', () => stage.cancel('i-1'));
      return instance(stage);
    },
  },
  'update-instance/cancelled-after-reboot': {
    hosts: fleet([{ id: 'i-1', bootMinutes: 4 }]),
    play: async (stage, hosts) => {
      hosts.when('waitForBoot', () => stage.cancel('i-1'));
      return instance(stage);
    },
  },
  'update-instance/paused': {
    hosts: fleet([{ id: 'i-1' }]),
    play: async (stage, hosts) => {
      hosts.when('checkForUpdates', () => stage.signal('pause', 'i-1', 'release'));
      return closed(await stage.startInstance('i-1', { work: { checkedAt: since } }));
    },
  },
  'update-instance/restored': {
    hosts: fleet([{ id: 'i-1', instance: { status: 'DRAINING', mark: ours } }], {
      waitUntilQuiet: async () => ({ kind: 'quiet', rebooted: true, version: '1.20.0', unlisted: 0 }),
    }),
    play: async (stage) => closed(await stage.startInstance('i-1', { work: { mode: 'restore', since } })),
  },
  'update-instance/restore-failed': {
    hosts: fleet([{ id: 'i-1', instance: { status: 'DRAINING', mark: ours } }], {
      waitUntilQuiet: async () => ({ kind: 'quiet', rebooted: true, version: '1.20.0', unlisted: 0 }),
      waitUntilHealthy: async () => {
        throw stillWaiting('agent');
      },
    }),
    play: async (stage) => closed(await stage.startInstance('i-1', { work: { mode: 'restore', since } })),
  },
  'update-cluster/finished': {
    hosts: fleet([
      ...plain(3),
      { id: 'i-left', instance: { status: 'DRAINING', mark: ours } },
      { id: 'i-absent', instance: { agentConnected: false } },
      { id: 'i-current', offered: null },
    ]),
    play: async (stage, hosts) => {
      hosts.when('applyUpdate', async () => {
        await stage.update('pause', null, { reason: 'release', by: 'ann' });
        await stage.signal('skip', null, 'i-3');
        await stage.update('resume', null);
      });
      return closed(await stage.startCluster({ settings: { maxUnavailable: '2' } }));
    },
  },
  'update-cluster/cancelled': {
    hosts: fleet([{ id: 'i-1', bootMinutes: 5 }, { id: 'i-2', drainMinutes: never }, { id: 'i-3' }]),
    play: async (stage, hosts) => {
      hosts.when(
        'waitForBoot',
        () => stage.cancel(null),
        (call) => call.attempt === 3,
      );
      return closed(await stage.startCluster({ settings: { maxUnavailable: '2' } }));
    },
  },
  'update-cluster/continued-as-new': {
    hosts: fleet(plain(3)),
    play: async (stage) => {
      const first = await closed(await stage.startCluster({ settings: { updatesPerRun: 2 } }));
      return stage.client.workflow.getHandle(first.workflowId, first.firstExecutionRunId);
    },
  },
  'update-cluster/stopped': {
    hosts: fleet(plain(3, { drainMinutes: never })),
    play: async (stage) => closed(await stage.startCluster({ settings: { failureBudget: '0' } })),
  },
  'update-cluster/child-terminated': {
    hosts: fleet([{ id: 'i-1', drainMinutes: 0, bootMinutes: 8 }]),
    inRealTime: true,
    play: async (stage, hosts) => {
      const { settings, ...input } = stage.input();
      const handle = await stage.client.workflow.start('updateCluster', {
        workflowId: clusterWorkflowId(stage.cluster.name),
        taskQueue: stage.taskQueue,
        // Orders that may be late are waited out for minutes of the host's clock.
        args: [{ ...input, settings: { ...settings, pace: { ...settings.pace, hostSecondMs: 10 } } }],
      });
      await eventually('its boot is awaited', () => hosts.attempts('waitForBoot').length > 0);
      await stage.terminateInstance('i-1');
      return closed(handle);
    },
  },
  'update-instance/needs-attention-and-told': {
    hosts: fleet(plain(1), {
      activate: async (input, usual) => {
        if (attempt() <= 12) throw new Error('ServiceUnavailable');
        return usual(input);
      },
    }),
    play: async (stage) => told(stage, await stage.startInstance('i-1', { notify: [chat] })),
  },
  'update-instance/held-and-told': {
    hosts: fleet([{ id: 'i-1', boots: 'never' }]),
    play: async (stage) => {
      const settings = { afterFailedReboot: 'hold' } as const;
      return told(stage, await stage.startInstance('i-1', { notify: [chat], settings }));
    },
  },
  'update-cluster/told-and-found': {
    hosts: fleet([{ id: 'i-left', instance: { status: 'DRAINING', mark: ours } }, ...plain(2)]),
    play: async (stage) => {
      await registerAll(stage.client);
      const memo = { clusterArn: stage.cluster.arn };
      return told(stage, await stage.startCluster({ notify: [chat], searchAttributes: true, memo }));
    },
  },
  'update-cluster/stopped-and-told': {
    hosts: fleet(plain(2, { drainMinutes: never })),
    play: async (stage) =>
      told(stage, await stage.startCluster({ notify: [chat], settings: { failureBudget: '0' } })),
  },
  'update-cluster/paused-and-told': {
    hosts: fleet(plain(2)),
    play: async (stage, hosts) => {
      hosts.when('startDraining', () => stage.signal('pause', null, { by: 'ann', reason: 'freeze' }));
      const handle = await stage.startCluster({ notify: [chat], timeout: '30 days' });
      await stage.passDays(1);
      await stage.signal('resume', null);
      return told(stage, handle);
    },
  },
  'update-cluster/failed': {
    hosts: denied(),
    play: async (stage) => closed(await stage.startCluster()),
  },
  'start-rollout/finished': {
    hosts: fleet(plain(1)),
    play: async (stage) => closed(await stage.startRollout()),
  },
  'start-rollout/failed': {
    hosts: denied(),
    play: async (stage) => closed(await stage.startRollout()),
  },
  'start-rollout/cancelled': {
    hosts: fleet(plain(1, { drainMinutes: 8 })),
    play: async (stage, hosts) => {
      const handle = await stage.startRollout();
      hosts.when('waitUntilDrained', async () => {
        await handle.cancel();
        await stage.heard();
      });
      return closed(handle);
    },
  },
  'start-rollout/already-running': {
    hosts: fleet(plain(1)),
    play: async (stage, hosts) => {
      let second: WorkflowHandle | undefined;
      hosts.when('waitUntilDrained', async () => {
        second = await stage.startRollout();
        await stage.resultAtOnce(second.workflowId);
      });
      const first = await closed(await stage.startCluster());
      return second ?? first;
    },
  },
  'plan-cluster/planned': {
    hosts: fleet([...plain(2), { id: 'i-left', instance: { status: 'DRAINING', mark: ours } }]),
    play: async (stage) => closed(await startPlan(stage)),
  },
  'plan-cluster/failed': {
    hosts: denied(),
    play: async (stage) => closed(await startPlan(stage)),
  },
  'plan-cluster/cancelled': {
    hosts: fleet(plain(1), {
      checkForUpdates: async () => {
        throw stillWaiting('answers');
      },
    }),
    play: async (stage, hosts) => {
      const handle = await startPlan(stage);
      hosts.when('checkForUpdates', () => callOff(handle));
      return closed(handle);
    },
  },
  'explain-instance/looked': {
    hosts: fleet([{ id: 'i-1', instance: { agentConnected: false } }]),
    play: async (stage) => closed(await startLook(stage)),
  },
  'explain-instance/failed': {
    hosts: fleet(plain(1), {
      findInstance: async () => {
        throw accessDenied('ecs:ListContainerInstances');
      },
    }),
    play: async (stage) => closed(await startLook(stage)),
  },
  'explain-instance/cancelled': {
    hosts: fleet(plain(1), {
      checkForUpdates: async () => {
        throw stillWaiting('answers');
      },
    }),
    play: async (stage, hosts) => {
      const handle = await startLook(stage);
      hosts.when('checkForUpdates', () => callOff(handle));
      return closed(handle);
    },
  },
  'examine-cluster/examined': {
    hosts: fleet([]),
    play: async (stage) => closed(await startExamination(stage)),
  },
  'examine-cluster/failed': {
    hosts: fleet([], {
      examine: async () => {
        throw new Error('no credentials');
      },
    }),
    play: async (stage) => closed(await startExamination(stage)),
  },
  'notify/delivered': {
    hosts: fleet([]),
    play: async (stage) => closed(await startMessage(stage)),
  },
  'notify/given-up': {
    hosts: fleet([], {
      deliver: async () => {
        throw new Error('connection refused');
      },
    }),
    play: async (stage) => closed(await startMessage(stage)),
  },
  'steer-cluster/held': {
    hosts: fleet(plain(1)),
    play: async (stage) =>
      closed(await stage.startOrder({ order: 'hold', instance: 'i-1', reason: 'disk is looked at' })),
  },
  'steer-cluster/failed': {
    hosts: fleet(plain(1), {
      carryOut: async () => {
        throw accessDenied('ecs:PutAttributes');
      },
    }),
    play: async (stage) => closed(await stage.startOrder({ order: 'hold', instance: 'i-1' })),
  },
  'steer-cluster/cancelled': {
    hosts: fleet(plain(1), {
      carryOut: async () => {
        throw new Error('ServiceUnavailable');
      },
    }),
    play: async (stage, hosts) => {
      const handle = await stage.startOrder({ order: 'hold', instance: 'i-1' });
      hosts.when('carryOut', () => callOff(handle));
      return closed(handle);
    },
  },
};
