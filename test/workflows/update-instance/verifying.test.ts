import { expect, test } from 'vitest';
import { accessDenied, attempt, fleet, stillWaiting } from '../../support/fake-activities.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const inService = { status: 'ACTIVE', mark: null };

test('a host that boots its old version has failed, and is given back at once', async () => {
  const hosts = fleet([{ id: 'i-1', boots: 'old' }]);
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: {
      kind: 'failed',
      reason: { code: 'booted-old-version', version: '1.19.0', target: '1.20.0' },
    },
  });
  expect(hosts.did().slice(-2)).toEqual(['waitForBoot', 'activate']);
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('the old version is the one that ran when the host was last asked', async () => {
  const hosts = fleet([{ id: 'i-1', version: '1.19.2', boots: 'old' }]);
  const ending = await play(hosts, async (stage) => {
    const checkedAt = new Date((await stage.now()) - 16 * 60_000).toISOString();
    return (await stage.startInstance('i-1', { work: { from: '1.19.0', checkedAt } })).result();
  });
  expect(ending).toMatchObject({
    outcome: { kind: 'failed', reason: { code: 'booted-old-version', version: '1.19.2' } },
  });
});

test.each(['1.18.0', null])('a host that runs %s after its reboot has failed', async (runningVersion) => {
  const hosts = fleet([{ id: 'i-1' }], {
    waitForBoot: async (input, usual) => {
      const boot = await usual(input);
      return boot.kind === 'booted' ? { ...boot, host: { ...boot.host, runningVersion } } : boot;
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: { kind: 'failed', reason: { code: 'wrong-version', version: runningVersion, target: '1.20.0' } },
  });
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('a host that is not healthy within 10 minutes has failed, with what is wrong', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    waitUntilHealthy: async () => {
      throw stillWaiting('agent');
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({
    outcome: {
      kind: 'failed',
      reason: { code: 'verify-limit', limitMs: 600_000, detail: 'agent disconnected' },
    },
  });
  expect(hosts.minutesBetween('waitUntilHealthy', 'activate')).toBeCloseTo(10, 0);
  expect(hosts.host('i-1').instance).toMatchObject(inService);
});

test('a host whose health AWS will not show is given back only after the limit, with the error', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    waitUntilHealthy: async () => {
      throw accessDenied('ec2:DescribeInstanceStatus');
    },
    describeHealth: async () => {
      throw accessDenied('ec2:DescribeInstanceStatus');
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'failed', reason: { code: 'verify-limit' } } });
  expect(JSON.stringify(ending)).toContain('ec2:DescribeInstanceStatus');
  expect(hosts.minutesBetween('waitUntilHealthy', 'activate')).toBeCloseTo(10, 0);
});

test('a host that becomes healthy after 9 minutes is updated', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    waitUntilHealthy: async () => {
      if (attempt() <= 9) throw stillWaiting('agent');
      return { kind: 'healthy' };
    },
  });
  const ending = await play(hosts, async (stage) => (await stage.startInstance('i-1')).result());
  expect(ending).toMatchObject({ outcome: { kind: 'updated' } });
});
