import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Activities } from '../../../activities/types.js';
import {
  accessDenied,
  fleet,
  type HostSpec,
  never,
  standaloneTask,
  stillWaiting,
} from '../../support/fake-activities.js';
import { rowsOf } from '../../support/report-rows.js';
import { type Stage, timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

type Spec = Omit<HostSpec, 'id'> & { trouble: 'none' | 'apply' | 'denied' | 'quiet' };

const host: fc.Arbitrary<Spec> = fc.record(
  {
    offered: fc.constantFrom<(string | null)[]>('1.20.0', '1.20.0', '1.20.0', null),
    found: fc.constantFrom('Available' as const, 'Staged' as const, 'Ready' as const),
    drainMinutes: fc.constantFrom(0, 3, 20, never),
    bootMinutes: fc.constantFrom(0, 4),
    boots: fc.constantFrom('new' as const, 'new' as const, 'old' as const, 'never' as const),
    standaloneTasks: fc.constantFrom([], [], [standaloneTask]),
    trouble: fc.constantFrom(
      'none' as const,
      'none' as const,
      'apply' as const,
      'denied' as const,
      'quiet' as const,
    ),
  },
  { requiredKeys: ['trouble'] },
);

const rollout = fc.record({
  hosts: fc.array(host, { minLength: 1, maxLength: 5 }),
  maxUnavailable: fc.constantFrom('1', '1', '2', '3'),
  failureBudget: fc.constantFrom('0', '1', 'unlimited'),
  updatesPerRun: fc.constantFrom(1, 2, 250),
  moment: fc.constantFrom<(keyof Activities)[]>(
    'checkForUpdates',
    'lookAtCluster',
    'startDraining',
    'waitUntilDrained',
    'applyUpdate',
    'orderReboot',
    'waitForBoot',
    'activate',
  ),
  steer: fc.constantFrom('nothing', 'pause and resume', 'skip', 'cancel', 'cancel one'),
});

async function steer(stage: Stage, how: string): Promise<void> {
  const [id = ''] = stage.fleet.ids;
  if (how === 'pause and resume') {
    await stage.signal('pause', null);
    await stage.signal('resume', null);
  }
  if (how === 'skip') await stage.signal('skip', null, id);
  if (how === 'cancel') await stage.cancel(null);
  if (how === 'cancel one') await stage.cancel(id).catch(() => {});
}

test('whatever the hosts do and the operator says, every instance is reported once and none is left drained', async () => {
  await fc.assert(
    fc.asyncProperty(rollout, async ({ hosts: specs, moment, steer: how, ...settings }) => {
      const trouble = new Map(specs.map((spec, n) => [`i-${n}`, spec.trouble]));
      const hosts = fleet(
        specs.map((spec, n) => ({ id: `i-${n}`, ...spec })),
        {
          applyUpdate: async (input, usual) => {
            const kind = trouble.get(input.instance.ec2InstanceId);
            if (kind === 'quiet') throw stillWaiting('apply');
            return kind === 'apply' ? { kind: 'failed', detail: 'no space left' } : usual(input);
          },
          orderReboot: async (input, usual) => {
            if (trouble.get(input.instance.ec2InstanceId) === 'denied') throw accessDenied('ssm:SendCommand');
            return usual(input);
          },
        },
      );
      const report = await play(hosts, async (stage) => {
        // With several in flight the time-skipping server loses tasks: see Stage.heard.
        if (settings.maxUnavailable === '1') hosts.when(moment, () => steer(stage, how));
        return (await stage.startCluster({ settings })).result();
      });
      const rows = rowsOf(report);
      expect(Object.keys(rows).toSorted()).toEqual(hosts.ids.toSorted());
      expect(Object.values(report.counts).reduce((a, b) => a + b, 0)).toBe(hosts.ids.length);
      expect(hosts.mostOutOfService).toBeLessThanOrEqual(Number(settings.maxUnavailable));
      expect(hosts.outOfService).toEqual([]);
      for (const id of hosts.ids) {
        expect(rows[id]).not.toContain(' AND ');
        expect(rows[id]?.startsWith('updated')).toBe(hosts.host(id).version === '1.20.0');
        expect(hosts.attempts('startDraining', id).length).toBeLessThanOrEqual(1);
      }
    }),
    {
      seed: Number(process.env['ROLLOUT_SEED'] ?? 1),
      numRuns: Number(process.env['ROLLOUTS'] ?? 10),
      endOnFailure: true,
    },
  );
});
