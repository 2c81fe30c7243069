import { parse } from 'yaml';
import { holdAttribute } from '../../src/model/names.js';
import { behind, hosts } from '../support/fleet.js';
import { principals } from '../support/installation.js';
import { test } from '../support/rollouts.js';

test('plan gives every instance its verdict, in order, and sends nothing but the check', async ({
  startFleet,
  expect,
}) => {
  const fleet = await startFleet({
    instances: [
      ...hosts('b', 'c'),
      { name: 'older', ec2InstanceId: 'i-00000009', host: { version: '1.25.0', offered: '1.26.1' } },
      { name: 'staged', ec2InstanceId: 'i-0000000a', host: { ...behind, found: 'staged' } },
      { name: 'batch', host: behind },
      { name: 'current', host: { version: '1.26.1' } },
      { name: 'theirs', host: behind, status: 'DRAINING' },
      { name: 'gone', host: behind, agentConnected: false },
    ],
    services: [
      { name: 'web', desiredCount: 2, on: ['b', 'c'] },
      { name: 'solo', desiredCount: 1, on: ['b', 'c'], minimumHealthyPercent: 0 },
    ],
    tasks: [{ family: 'export', on: 'batch' }],
  });
  await fleet.schedule();
  const before = fleet.requests(principals.worker).length;
  const json = await fleet.ecsUpdater('plan', '-o', 'json');
  expect(json).toMatchObject({ code: 0, stderr: '' });
  const plan = JSON.parse(json.stdout);
  expect(plan).toMatchObject({
    cluster: fleet.cluster,
    updates: [
      { ec2InstanceId: fleet.id('older'), from: '1.25.0', to: '1.26.1', found: 'Available' },
      { ec2InstanceId: fleet.id('b'), from: '1.26.0', to: '1.26.1', found: 'Available' },
      { ec2InstanceId: fleet.id('c'), from: '1.26.0', to: '1.26.1', found: 'Available' },
      { ec2InstanceId: fleet.id('staged'), from: '1.26.0', to: '1.26.1', found: 'Staged' },
    ],
  });
  expect(fleet.outcomes(plan)).toEqual({
    batch: 'skipped: standalone-task',
    current: 'skipped: up-to-date',
    theirs: 'skipped: draining-by-others',
    gone: 'skipped: agent-disconnected',
  });

  expect(plan).toMatchObject({
    risks: {
      risks: [
        { code: 'outage', service: 'solo' },
        { code: 'standalone-task', group: 'family:export', on: { ec2InstanceIds: [fleet.id('batch')] } },
      ],
      more: 0,
    },
    capacity: { outOfService: 2, allowed: 1 },
    estimate: { updates: 4, atOnce: 1, from: { kind: 'typical' } },
  });

  const { stdout } = await fleet.ecsUpdater('plan', '-o', 'wide');
  expect(stdout).toMatch(
    /^i-00000009 +eu-test\w+-1\w +update +1\.25\.0 +draining +1\.26\.1 .* would be number 1\.$/m,
  );
  expect(stdout).toMatch(/^i-0000000a .* would be number 4; the update is Staged on the host already\.$/m);
  expect(stdout).toMatch(
    /^i-\w+ .* standalone-task .* runs 1 standalone task that no service would replace: /m,
  );
  expect(stdout).toMatch(/^outage +solo +its only task may be stopped before another runs \(/m);
  expect(stdout).toMatch(/^standalone-task +family:export +1 task that no service would replace, on i-/m);
  expect(stdout).toMatch(
    /\n\ncluster-\d+: 4 of 8 instances would be updated\.\nNone could start now: 2 out of service already, 1 may be\.\nEstimate: .* typical figures.*\.\n$/,
  );

  const asked = [...fleet.requests(principals.worker).slice(before), ...fleet.requests(principals.commands)];
  const changing = asked.filter(({ action }) => !/^(List|Describe|Get)/.test(action));
  const check = { action: 'SendCommand', parameters: { DocumentName: 'ecs-updater-check' } };
  expect(changing).toMatchObject([check, check]);
});

test('plan estimates from past rollouts, prints YAML, and says by its exit code whether there is something to update', async ({
  startFleet,
  expect,
}) => {
  const fleet = await startFleet({
    instances: [
      ...hosts('a', 'b'),
      { name: 'c', ec2InstanceId: 'i-00000009', host: behind, attributes: { [holdAttribute]: 'later' } },
    ],
  });
  await fleet.rollOut();
  expect(await fleet.ecsUpdater('plan', '--detailed-exitcode')).toMatchObject({ code: 0, stderr: '' });
  expect(await fleet.ecsUpdater('unhold', '--instance', fleet.id('c'))).toMatchObject({ code: 0 });
  const { code, stdout } = await fleet.ecsUpdater('plan', '--detailed-exitcode', '-o', 'yaml');
  expect(code).toBe(4);
  expect(parse(stdout)).toMatchObject({
    updates: [{ ec2InstanceId: fleet.id('c') }],
    estimate: { updates: 1, from: { kind: 'past', rollouts: 1, instances: 2 } },
  });
});

test('plan understands an answer that is longer than what SSM lists of it', async ({
  startFleet,
  expect,
}) => {
  const variant = `aws-ecs-2-${'x'.repeat(1500)}`;
  const fleet = await startFleet({ instances: [{ name: 'a', host: { ...behind, variant } }] });
  await fleet.schedule();
  const { stdout } = await fleet.ecsUpdater('plan', '-o', 'json');
  expect(JSON.parse(stdout)).toMatchObject({ updates: [{ ec2InstanceId: fleet.id('a'), to: '1.26.1' }] });
  expect(fleet.requests(principals.worker, 'GetCommandInvocation').map(({ status }) => status)).toContain(
    200,
  );
});
