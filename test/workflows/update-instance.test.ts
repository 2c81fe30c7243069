import { expect, test } from 'vitest';
import { fleet } from '../support/fake-activities.js';
import { timeSkippingStage } from '../support/workflow-harness.js';

const play = timeSkippingStage();

test('an instance is drained, updated, rebooted, verified, given back, and its services settle', async () => {
  const hosts = fleet([{ id: 'i-1' }]);
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    kind: 'ended',
    outcome: { kind: 'updated', from: '1.19.0', to: '1.20.0' },
    stopsRollout: false,
  });
  expect(hosts.did()).toEqual([
    'startDraining',
    'waitUntilDrained',
    'applyUpdate',
    'orderReboot',
    'waitForBoot',
    'waitUntilHealthy',
    'activate',
    'waitUntilSteady',
  ]);
  expect(hosts.host('i-1').instance).toMatchObject({ status: 'ACTIVE', mark: null });
});
