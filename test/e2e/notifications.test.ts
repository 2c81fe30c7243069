import { describe, type TestContext } from 'vitest';
import { messageSchema } from '../../src/config/message-schema.js';
import { notifyWorkflowId } from '../../src/model/names.js';
import { notificationEvents, type NotificationTarget } from '../../src/model/notifications.js';
import { eventually } from '../support/eventually.js';
import { type Fleet, hosts } from '../support/fleet.js';
import { principals } from '../support/installation.js';
import { answers, type Receiver, startReceiver } from '../support/receiver.js';
import { test } from '../support/rollouts.js';

const events = [...notificationEvents];
const secret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;

/** Receivers, and the variables in which the worker finds them. It lives in this process. */
async function receivers(
  prefix: string,
  onTestFinished: TestContext['onTestFinished'],
): Promise<{ chat: Receiver; hook: Receiver }> {
  const [chat, hook] = await Promise.all([startReceiver(), startReceiver(answers(204))]);
  const variables = {
    [`${prefix}_CHAT`]: `${chat.url}/services/hush-hush`,
    [`${prefix}_HOOK`]: `${hook.url}/hush-hush`,
    [`${prefix}_SECRET`]: secret,
  };
  Object.assign(process.env, variables);
  onTestFinished(async () => {
    for (const name of Object.keys(variables)) delete process.env[name];
    await Promise.all([chat.close(), hook.close()]);
  });
  return { chat, hook };
}

const topicOf = ({ arn }: Fleet): string =>
  arn
    .replace(':ecs:', ':sns:')
    .replace('cluster/', '')
    .replace(/[^:]+$/, 'ecs-updater-rollouts');

function targets(fleet: Fleet, prefix: string): NotificationTarget[] {
  return [
    { type: 'sns', topicArn: topicOf(fleet), events },
    { type: 'slack', urlFromEnv: `${prefix}_CHAT`, events },
    { type: 'webhook', urlFromEnv: `${prefix}_HOOK`, secretFromEnv: `${prefix}_SECRET`, events },
  ];
}

const typesOf = ({ received }: Receiver): unknown[] =>
  received.map(({ body }) => {
    const message: { type: unknown } = JSON.parse(body);
    return message.type;
  });

describe.concurrent('a rollout', () => {
  test('tells a topic, a chat and a webhook that it starts, stops, waits for somebody, and ends', async ({
    startFleet,
    onTestFinished,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b'), topics: ['ecs-updater-rollouts'] });
    const { chat, hook } = await receivers('ROLLOUT', onTestFinished);
    fleet.notify.push(...targets(fleet, 'ROLLOUT'));
    await fleet.schedule();
    await fleet.ecsUpdater('pause', '--instance', fleet.id('b'), '--reason', 'is being debugged');
    expect(await fleet.ecsUpdater('run')).toMatchObject({ code: 0 });
    await eventually('the rollout waits', () => hook.received.length === 2, 240_000);
    await fleet.ecsUpdater('cancel', '--reason', 'enough for today');
    const report = await fleet.report();
    expect(fleet.outcomes(report)).toEqual({ a: 'updated', b: 'not-started: rollout-stopped' });

    await eventually('all is told', () => hook.received.length === 4 && chat.received.length === 4);
    const messages = hook.received.map(({ body }) => messageSchema.strict().parse(JSON.parse(body)));
    expect(messages.map(({ type, data }) => [type, data.counts])).toMatchObject([
      ['rollout-started', { queued: 2 }],
      ['waiting-for-person', { queued: 1, results: { updated: 1 } }],
      ['rollout-stopped', { queued: 1, results: { updated: 1 } }],
      ['rollout-finished', { queued: 0, results: { updated: 1, 'not-started': 1 } }],
    ]);
    expect(messages[1]?.data.reasons).toEqual([
      expect.stringMatching(new RegExp(`^${fleet.id('b')} is paused by .*: is being debugged\\.$`)),
    ]);
    expect(messages[2]?.data.reasons).toEqual([expect.stringContaining('enough for today')]);
    expect(messages.every(({ data }) => data.rollout?.id === report.rolloutId)).toBe(true);
    const published = fleet.requests(principals.worker, 'Publish');
    expect(published).toHaveLength(4);
    expect(published.every(({ status }) => status === 200)).toBe(true);
  });

  test('is held by nobody who cannot be told, and says in Temporal who that was', async ({
    startFleet,
    onTestFinished,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a') });
    const { chat } = await receivers('GONE', onTestFinished);
    await chat.close();
    fleet.notify.push({ type: 'slack', urlFromEnv: 'GONE_CHAT', events: ['rollout-finished'] });
    const report = await fleet.rollOut({ notificationLimit: '10s' });
    expect(fleet.outcomes(report)).toEqual({ a: 'updated' });
    const message = fleet.client.workflow.getHandle(
      notifyWorkflowId(fleet.cluster, `msg_${report.rolloutId}_finished`),
    );
    expect(await message.result()).toEqual({
      deliveries: [
        {
          target: 'slack (GONE_CHAT)',
          delivered: false,
          why: expect.stringMatching(/^given up after 10s: the receiver in GONE_CHAT cannot be reached/),
        },
      ],
    });
  });
});

describe.concurrent('notify', () => {
  test('sends a test message to all targets, and says who got it', async ({
    startFleet,
    onTestFinished,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a'), topics: ['ecs-updater-rollouts'] });
    const { chat, hook } = await receivers('TRIED', onTestFinished);
    fleet.notify.push(...targets(fleet, 'TRIED'), {
      type: 'slack',
      urlFromEnv: 'NOBODY_SET_THIS',
      events: ['rollout-stopped'],
    });
    await fleet.schedule();
    const { code, stdout, stderr } = await fleet.ecsUpdater('notify');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/^TARGET +DELIVERED +WHY\n/);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((row) => row.split(/ {2,}/));
    expect(rows).toEqual([
      [`sns (${topicOf(fleet)})`, 'yes'],
      ['slack (TRIED_CHAT)', 'yes'],
      ['webhook (TRIED_HOOK)', 'yes'],
      [
        'slack (NOBODY_SET_THIS)',
        'no',
        'the variable NOBODY_SET_THIS is not set where this worker runs. Set it to the URL of the webhook.',
      ],
    ]);
    expect(chat.received).toHaveLength(1);
    expect(typesOf(hook)).toEqual(['test']);
    expect(fleet.requests(principals.worker, 'Publish')).toMatchObject([
      { status: 200, parameters: { Subject: `ecs-updater: test message for ${fleet.cluster}` } },
    ]);
  });

  test('tells programs who got it, too', async ({ startFleet, onTestFinished, expect }) => {
    const fleet = await startFleet({ instances: hosts('a') });
    await receivers('JSON', onTestFinished);
    fleet.notify.push({ type: 'slack', urlFromEnv: 'JSON_CHAT', events: ['rollout-stopped'] });
    await fleet.schedule();
    const { code, stdout } = await fleet.ecsUpdater('notify', '-o', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([{ target: 'slack (JSON_CHAT)', delivered: true }]);
  });

  test('is refused where nobody is told, or nothing is scheduled', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a') });
    expect(await fleet.ecsUpdater('notify')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^ecs-updater: there is no Schedule for /),
    });
    await fleet.schedule();
    expect(await fleet.ecsUpdater('notify')).toEqual({
      code: 2,
      stdout: '',
      stderr: `ecs-updater: ${fleet.cluster} tells nobody. Give it notifications in the configuration file, then: ecs-updater apply\n`,
    });
  });
});
