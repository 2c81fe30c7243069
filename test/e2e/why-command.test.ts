import { TagResourceCommand } from '@aws-sdk/client-ecs';
import { scheduleId } from '../../src/model/names.js';
import { quarantineTag, quarantineTagValue } from '../../src/model/quarantine.js';
import type { Why } from '../../src/model/why.js';
import { eventually } from '../support/eventually.js';
import { behind, type Fleet, hosts, stuckOn } from '../support/fleet.js';
import { principals } from '../support/installation.js';
import { test } from '../support/rollouts.js';

/** The answer on an instance, as a program reads it. */
async function why(fleet: Fleet, name: string): Promise<Why> {
  const { code, stdout, stderr } = await fleet.ecsUpdater('why', '--instance', fleet.id(name), '-o', 'json');
  if (code !== 0) throw new Error(stderr);
  const answer: Why = JSON.parse(stdout);
  return answer;
}

const codes = ({ obstacles }: Why): string[] => obstacles.map(({ code }) => code);

test('between rollouts, why tells all that stands in the way of an instance, and asks its host alone', async ({
  startFleet,
  expect,
}) => {
  const fleet = await startFleet({
    instances: [...hosts('busy', 'free'), { name: 'current', host: { version: '1.26.1' } }],
    tasks: [{ family: 'export', on: 'busy' }],
    services: [{ name: 'guarded', desiredCount: 1, on: ['busy'], protectedTasks: 1 }],
  });
  await fleet.schedule({ exclude: `ec2InstanceId == ${fleet.id('busy')}` });
  expect(
    await fleet.ecsUpdater('hold', '--instance', fleet.id('busy'), '--reason', 'disk is looked at'),
  ).toMatchObject({ code: 0 });
  await fleet.aws.ecs.send(
    new TagResourceCommand({
      resourceArn: fleet.arn,
      tags: [{ key: quarantineTag('1.26.1'), value: quarantineTagValue(2, '2026-01-05T03:00:00.000Z') }],
    }),
  );
  const before = fleet.requests(principals.worker).length;
  const busy = await why(fleet, 'busy');
  expect(busy).toMatchObject({ version: '1.26.0', target: '1.26.1', isUpToDate: false });
  expect(codes(busy)).toEqual([
    'excluded',
    'held',
    'quarantined-version',
    'standalone-task',
    'protected-task',
    'next-rollout',
  ]);
  expect(busy.obstacles).toMatchObject([
    { what: expect.stringContaining(`exclude (ec2InstanceId == ${fleet.id('busy')}) means it`) },
    { what: expect.stringMatching(/^held since .* by .+: disk is looked at\.$/) },
    {},
    { what: expect.stringContaining('(family:export, RUNNING)') },
    { clears: { at: expect.stringMatching(/^\d{4}-.*Z$/) } },
    { clears: { at: expect.stringMatching(/^\d{4}-01-01T00:00:00/) } },
  ]);
  const asked = fleet.requests(principals.worker).slice(before);
  const changing = asked.filter(({ action }) => !/^(List|Describe|Get)/.test(action));
  expect(changing).toMatchObject([
    {
      action: 'SendCommand',
      parameters: { DocumentName: 'ecs-updater-check', InstanceIds: [fleet.id('busy')] },
    },
  ]);

  expect(await why(fleet, 'current')).toMatchObject({ version: '1.26.1', isUpToDate: true, obstacles: [] });

  const schedule = fleet.client.schedule.getHandle(scheduleId(fleet.cluster));
  await schedule.pause('change freeze, says kim');
  const { stdout } = await fleet.ecsUpdater('why', '--instance', fleet.id('free'));
  expect(stdout).toMatch(
    /^cluster-\d+\/i-\w+: it runs 1\.26\.0, and would get 1\.26\.1; 2 things stand in between\.\n\n/,
  );
  expect(stdout).toMatch(/^quarantined-version +by hand +1\.26\.1 is quarantined: 2 hosts/m);
  expect(stdout).toMatch(
    /^schedule-paused +by hand +somebody else has paused the Schedule \(note: change freeze, says kim\)\. It is theirs to end: /m,
  );
});

test('while a rollout runs, why tells what is done with an instance, its place in the queue, and who paused', async ({
  startFleet,
  expect,
}) => {
  const fleet = await startFleet({
    instances: hosts('a', 'b', 'c', 'd'),
    services: [stuckOn('a')],
    tasks: [{ family: 'export', on: 'd' }],
  });
  await fleet.start();
  await eventually('a is draining', async () => (await fleet.instanceStatus('a'))?.phase === 'draining');
  await fleet.event('instance-status', 'a');
  const sent = fleet.requests(principals.worker, 'SendCommand').length;
  const working = await eventually('what remains is told', async () => {
    const answer = await why(fleet, 'a');
    return answer.obstacles[0]?.what.includes('tasks left') ? answer : undefined;
  });
  expect(fleet.requests(principals.worker, 'SendCommand')).toHaveLength(sent);
  expect(working).toMatchObject({ version: '1.26.0', target: '1.26.1', isUpToDate: false });
  expect(working.obstacles).toMatchObject([
    {
      code: 'in-flight',
      what: expect.stringMatching(/^it is being drained since .* \(.*2 tasks left: service:only-on-a×2.*\)/),
      clears: { byItself: true, at: expect.stringMatching(/^\d{4}-.*Z$/) },
    },
  ]);

  expect(await fleet.ecsUpdater('pause', '--instance', fleet.id('b'), '--reason', 'not now')).toMatchObject({
    code: 0,
  });
  expect(await fleet.ecsUpdater('pause', '--reason', 'change freeze')).toMatchObject({ code: 0 });
  expect(codes(await why(fleet, 'b'))).toEqual(['rollout-paused', 'instance-paused']);
  const queued = await why(fleet, 'c');
  expect(queued.obstacles).toMatchObject([
    { code: 'rollout-paused', what: expect.stringMatching(/ by .+: change freeze\.$/) },
    { code: 'queued', what: 'it waits for its turn: number 1 of 1, with 1 in flight.' },
  ]);
  const settled = await why(fleet, 'd');
  expect(codes(settled)).toEqual(['standalone-task', 'had-its-turn', 'schedule-paused']);

  for (const name of ['a', 'b', 'c']) await fleet.ecsUpdater('skip', '--instance', fleet.id(name));
  expect(await fleet.ecsUpdater('resume')).toMatchObject({ code: 0 });
  await fleet.report();
  expect(await why(fleet, 'd')).toMatchObject({ past: [{ kind: 'skipped', code: 'standalone-task' }] });
});

test('why of an instance that is none, or of no id, is refused', async ({ startFleet, expect }) => {
  const fleet = await startFleet({ instances: [{ name: 'a', host: behind }] });
  await fleet.schedule();
  expect(await fleet.ecsUpdater('why', '--instance', 'i-0123456789abcdef0')).toEqual({
    code: 1,
    stdout: '',
    stderr: `ecs-updater: ${fleet.cluster}/i-0123456789abcdef0 is not an instance of the ECS cluster ${fleet.arn}.\n`,
  });
  expect(await fleet.ecsUpdater('why', '--instance', 'prod')).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/'prod' is invalid\. Give an EC2 instance id/),
  });
});
