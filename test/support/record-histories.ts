/** Records a history of each ending into test/histories. Run by `npm run histories` alone, never by CI. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowHandle } from '@temporalio/client';
import { beforeAll, expect, test } from 'vitest';
import { clusterWorkflowId } from '../../src/model/names.js';
import {
  accessDenied,
  type Fleet,
  fleet,
  type HostSpec,
  never,
  stillWaiting,
  standaloneTask,
} from './fake-activities.js';
import { type Ending, endings, historiesFolder, historyFile } from './histories.js';
import { type Stage, timeSkippingStage } from './workflow-harness.js';

const play = timeSkippingStage();

const since = '2026-01-05T03:00:00.000Z';
const ours = { installation: 'default', rolloutId: 'earlier', since };

const plain = (count: number, spec: Omit<HostSpec, 'id'> = {}): HostSpec[] =>
  Array.from({ length: count }, (_, n) => ({ id: `i-${n + 1}`, ...spec }));

/** What happens, and the workflow whose history is kept; it is closed when this returns. */
interface Incident {
  hosts: Fleet;
  play: (stage: Stage, hosts: Fleet) => Promise<WorkflowHandle>;
}

async function closed<H extends WorkflowHandle>(handle: H): Promise<H> {
  await handle.result().catch(() => {});
  return handle;
}

const instance = async (stage: Stage) => closed(await stage.startInstance('i-1'));

const incidents: Record<Ending, Incident> = {
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
  'update-cluster/failed': {
    hosts: fleet(plain(1), {
      checkPrerequisites: async () => {
        throw accessDenied('ecs:DescribeClusters');
      },
    }),
    play: async (stage) => closed(await stage.startCluster()),
  },
  'start-rollout/finished': {
    hosts: fleet(plain(1)),
    play: async (stage) => closed(await stage.startRollout()),
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
    play: async (stage) =>
      closed(
        await stage.client.workflow.start('planCluster', {
          workflowId: `${clusterWorkflowId(stage.cluster.name)}/plan`,
          taskQueue: stage.taskQueue,
          args: [stage.input()],
        }),
      ),
  },
  'steer-cluster/held': {
    hosts: fleet(plain(1)),
    play: async (stage) =>
      closed(await stage.startOrder({ kind: 'hold', instance: 'i-1', reason: 'disk is looked at' })),
  },
};

beforeAll(() => {
  rmSync(historiesFolder, { recursive: true, force: true });
  mkdirSync(historiesFolder, { recursive: true });
});

test.each(endings)('%s', async (ending) => {
  const { hosts, play: script } = incidents[ending];
  const kept = await play(
    hosts,
    async (stage) => {
      const handle = await script(stage, hosts);
      const history: unknown = JSON.parse(historyToJSON(await handle.fetchHistory()));
      return { workflowId: handle.workflowId, history };
    },
    `recorded-${ending.replace('/', '-')}`,
  );
  const json = JSON.stringify(kept, (key, value: unknown) => (key === 'stackTrace' ? '' : value), 1);
  expect(json).toContain('EVENT_TYPE_WORKFLOW_EXECUTION_');
  writeFileSync(historyFile(ending), `${json}\n`);
});
