import { describe, onTestFinished } from 'vitest';
import { notificationEvents, type NotificationTarget } from '../../src/model/notifications.js';
import { type Fleet, hosts } from '../support/fleet.js';
import { principals } from '../support/installation.js';
import { answers, type Receiver, startReceiver } from '../support/receiver.js';
import { test } from '../support/rollouts.js';

const events = [...notificationEvents];
const secret = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;

/** Receivers, and the variables in which the worker finds them. It lives in this process. */
async function receivers(prefix: string): Promise<{ chat: Receiver; hook: Receiver }> {
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
    .replace(/[^:]+$/, 'rollouts');

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

describe.concurrent('notify', () => {
  test('sends a test message to all targets, and says who got it', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a'), topics: ['rollouts'] });
    const { chat, hook } = await receivers('TRIED');
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

  test('tells programs who got it, too', async ({ startFleet, expect }) => {
    const fleet = await startFleet({ instances: hosts('a') });
    await receivers('JSON');
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
