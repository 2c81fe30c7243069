import { createHmac } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createActivities } from '../../../activities/index.js';
import { messageSchema } from '../../../src/config/message-schema.js';
import type { Notice } from '../../../src/model/notice.js';
import { rolloutFinished } from '../../../src/model/notice-events.js';
import type { NotificationTarget } from '../../../src/model/notifications.js';
import { parseScenario } from '../../../src/simulator/scenario.js';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.js';
import { cluster, group, report } from '../../support/notices.js';
import { eventually } from '../../support/eventually.js';
import { answers, type Received, type Receiver, startReceiver } from '../../support/receiver.js';

const notice = rolloutFinished(
  cluster,
  report([group({ kind: 'updated', from: '1.26.0', to: '1.26.1' }, 'i-1')]),
);
const events: NotificationTarget['events'] = ['rollout-finished'];
const secret = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
const token = 'T0AAAA-very-secret';

const slack: NotificationTarget = { type: 'slack', urlFromEnv: 'CHAT_URL', events };
const webhook: NotificationTarget = {
  type: 'webhook',
  urlFromEnv: 'HOOK_URL',
  secretFromEnv: 'HOOK_SECRET',
  events,
};

let logged: LogEntry[];
beforeEach(() => {
  logged = [];
  vi.stubEnv('HOOK_SECRET', secret);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** One attempt, as a worker would run it. */
function attempt(target: NotificationTarget, message: Notice = notice, answerMs = 5000) {
  const environment = new MockActivityEnvironment(
    {},
    { logger: new DefaultLogger('TRACE', (entry) => logged.push(entry)) },
  );
  const activities = createActivities();
  return {
    end: environment.run(async (): Promise<void> =>
      activities.deliver({ notice: message, target, answerMs }),
    ),
    cancel: () => environment.cancel(),
  };
}

const deliver = (...given: Parameters<typeof attempt>): Promise<void> => attempt(...given).end;

/** The one message that came. */
function only(received: Receiver['received']): Received {
  const [first, ...more] = received;
  if (!first || more.length > 0) throw new Error(`${received.length} messages came`);
  return first;
}

/** The failure of an attempt. */
async function failureOf(end: Promise<void>): Promise<ApplicationFailure> {
  const err: unknown = await end.then(
    () => new Error('it was delivered'),
    (reason: unknown) => reason,
  );
  if (err instanceof ApplicationFailure) return err;
  throw err;
}

async function receiver(
  answer?: (response: ServerResponse, request: IncomingMessage) => void,
): Promise<Receiver> {
  const started = await startReceiver(answer);
  onTestFinished(() => started.close());
  vi.stubEnv('CHAT_URL', `${started.url}/services/${token}`);
  vi.stubEnv('HOOK_URL', `${started.url}/hook/${token}`);
  return started;
}

/** Everything that a history, a log or a person could see of a failure. */
const visible = (failure: ApplicationFailure): string =>
  inspect([failure, failure.details, failure.cause, logged], { depth: 10 });

/** Answers without end. */
const endless = (status: number) => (response: ServerResponse) => {
  response.writeHead(status);
  const write = (): boolean => response.write('x'.repeat(65_536));
  response.on('drain', write);
  write();
};

const arn = (name: string, region = 'eu-central-1') => `arn:aws:sns:${region}:123456789012:${name}`;
const topic = (name: string): NotificationTarget => ({ type: 'sns', topicArn: arn(name), events });

async function simulated(): Promise<Simulator> {
  const simulator = await startSimulator({
    throttle: false,
    scenario: parseScenario({
      instances: [{ host: {} }],
      topics: ['rollouts', 'audit.fifo'],
      roles: [{ name: 'updater', externalId: 'ours' }],
    }),
  });
  onTestFinished(() => simulator.close());
  vi.stubEnv('AWS_ENDPOINT_URL', simulator.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAWORKER');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'not-a-secret');
  return simulator;
}

const published = ({ fleet }: Simulator) =>
  fleet.journal.entries.flatMap((entry) =>
    entry.kind === 'request' && entry.action === 'Publish' ? [entry] : [],
  );

describe('a chat', () => {
  test('gets the message', async () => {
    const { received } = await receiver();
    await deliver(slack);
    expect(received).toMatchObject([
      { path: `/services/${token}`, headers: { 'content-type': 'application/json' } },
    ]);
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({
      text: expect.stringMatching(/^\*rollout of prod finished: 1 updated\*\n/),
    });
  });

  test('says by its code why it takes none', async () => {
    await receiver(answers(404, 'no_service'));
    expect(await failureOf(deliver(slack))).toMatchObject({
      message: 'the receiver in CHAT_URL refused the message with status 404 (no_service). Check the URL.',
      nonRetryable: true,
    });
  });

  test('is not quoted if it says anything else: some echo the URL', async () => {
    await receiver((response, { url = '' }) => answers(404, `Cannot POST ${url}`)(response));
    const failure = await failureOf(deliver(slack));
    expect(failure.message).toBe(
      'the receiver in CHAT_URL refused the message with status 404. Check the URL.',
    );
    expect(visible(failure)).not.toContain(token);
  });
});

describe('a webhook', () => {
  test('gets a message of the documented form, which its signature proves', async () => {
    const { received } = await receiver();
    await deliver(webhook);
    const { headers, body } = only(received);
    expect(messageSchema.strict().parse(JSON.parse(body))).toMatchObject({
      id: notice.id,
      type: 'rollout-finished',
    });
    expect(headers['webhook-id']).toBe(notice.id);
    expect(notice.id).not.toContain('.');
    const timestamp = String(headers['webhook-timestamp']);
    expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(60);
    const signature = createHmac('sha256', '0123456789abcdef0123456789abcdef')
      .update(`${notice.id}.${timestamp}.${body}`)
      .digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signature}`);
    const given = {
      'webhook-id': notice.id,
      'webhook-timestamp': timestamp,
      'webhook-signature': String(headers['webhook-signature']),
    };
    expect(new Webhook(secret).verify(body, given)).toMatchObject({ version: 1 });
    expect(() => new Webhook(secret).verify(`${body} `, given)).toThrow('No matching signature');
  });

  test('is signed by both secrets while one takes over from the other', async () => {
    const next = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
    vi.stubEnv('HOOK_SECRET', `${next} ${secret}\n`);
    const { received } = await receiver();
    await deliver(webhook);
    const { headers, body } = only(received);
    const given = Object.fromEntries(
      Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
    );
    for (const one of [next, secret])
      expect(new Webhook(one).verify(body, given)).toMatchObject({ version: 1 });
  });

  test('is not signed where the target names no secret', async () => {
    const { received } = await receiver();
    await deliver({ type: 'webhook', urlFromEnv: 'HOOK_URL', events });
    expect(received[0]?.headers).not.toHaveProperty('webhook-signature');
    expect(received[0]?.headers['webhook-id']).toBe(notice.id);
  });

  test('knows a message that comes again by its id', async () => {
    const { received } = await receiver();
    await deliver(webhook);
    await deliver(webhook);
    expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([notice.id, notice.id]);
  });
});

describe('a delivery', () => {
  test.each([
    [500, {}, undefined],
    [503, { 'retry-after': '7' }, 7000],
    [429, { 'retry-after': '30' }, 30_000],
    [429, { 'retry-after': '86400' }, 900_000],
    [429, { 'retry-after': 'soon' }, undefined],
    [429, { 'retry-after': '0' }, 1000],
  ])('is tried again after status %s with %j', async (status, headers, nextRetryDelay) => {
    await receiver(answers(status, 'busy', headers));
    expect(await failureOf(deliver(webhook))).toMatchObject({
      message: `the receiver in HOOK_URL answered with status ${status}`,
      nonRetryable: false,
      nextRetryDelay,
    });
  });

  test('heeds a date in Retry-After', async () => {
    await receiver((response) =>
      answers(429, '', { 'retry-after': new Date(Date.now() + 120_000).toUTCString() })(response),
    );
    const { nextRetryDelay } = await failureOf(deliver(webhook));
    expect(Number(nextRetryDelay)).toBeGreaterThan(60_000);
    expect(Number(nextRetryDelay)).toBeLessThanOrEqual(120_000);
  });

  test.each([400, 401, 403, 404, 410, 413])('is given up after status %s', async (status) => {
    await receiver(answers(status));
    expect(await failureOf(deliver(webhook))).toMatchObject({
      message: `the receiver in HOOK_URL refused the message with status ${status}. Check the URL and the secret.`,
      nonRetryable: true,
    });
  });

  test.each([301, 302, 307, 308])('follows no redirect (%s)', async (status) => {
    const elsewhere = await startReceiver();
    onTestFinished(() => elsewhere.close());
    await receiver(answers(status, '', { location: elsewhere.url }));
    expect(await failureOf(deliver(webhook))).toMatchObject({
      message: `the receiver in HOOK_URL answered with a redirect (status ${status}), which is not followed. Set the variable to where it leads.`,
      nonRetryable: true,
    });
    expect(elsewhere.received).toEqual([]);
  });

  test('waits for an answer no longer than it may', async () => {
    await receiver(() => {});
    expect(await failureOf(deliver(webhook, notice, 200))).toMatchObject({
      message: 'the receiver in HOOK_URL did not answer within 0.2 s',
      nonRetryable: false,
    });
  });

  test('waits no longer for the end of an answer that has begun', async () => {
    await receiver((response) => {
      response.writeHead(500);
      response.write('…');
    });
    expect(await failureOf(deliver(slack, notice, 1000))).toMatchObject({
      message: 'the receiver in CHAT_URL answered with status 500',
    });
  });

  test('does not care for how much is answered', async () => {
    await receiver(endless(200));
    await deliver(webhook);
    await receiver(endless(400));
    expect(await failureOf(deliver(slack))).toMatchObject({
      message: 'the receiver in CHAT_URL refused the message with status 400. Check the URL.',
    });
  });

  test('is tried again when the connection breaks', async () => {
    await receiver((response) => response.socket?.destroy());
    const failure = await failureOf(deliver(webhook));
    expect(failure).toMatchObject({
      message: expect.stringMatching(/^the receiver in HOOK_URL cannot be reached \([A-Z_]+\)$/),
      nonRetryable: false,
    });
    expect(visible(failure)).not.toMatch(/127\.0\.0\.1|very-secret/);
  });

  test('is tried again when nobody is there', async () => {
    const gone = await receiver();
    await gone.close();
    expect(await failureOf(deliver(slack))).toMatchObject({
      message: 'the receiver in CHAT_URL cannot be reached (ECONNREFUSED)',
      nonRetryable: false,
    });
  });

  test('goes to another worker when its own is shut down', async () => {
    const { received } = await receiver(() => {});
    const { end, cancel } = attempt(webhook);
    await eventually('the message came', () => received.length > 0);
    cancel();
    await expect(end).rejects.toThrow(CancelledFailure);
  });
});

describe('what an operator has to set', () => {
  test.each([
    [
      'is not set',
      undefined,
      'the variable HOOK_URL is not set where this worker runs. Set it to the URL of the webhook.',
    ],
    [
      'is empty',
      ' \n',
      'the variable HOOK_URL is not set where this worker runs. Set it to the URL of the webhook.',
    ],
    [
      'is no URL',
      `hooks.example.com/${token}`,
      'the variable HOOK_URL has no URL that begins with https://.',
    ],
    [
      'is another kind of URL',
      `file:///${token}`,
      'the variable HOOK_URL has no URL that begins with https://.',
    ],
    [
      'has no TLS',
      `http://hooks.example.com/${token}`,
      'the variable HOOK_URL has a URL without TLS. Use https:// there.',
    ],
    [
      'only looks local',
      `http://127.0.0.1.example.com/${token}`,
      'the variable HOOK_URL has a URL without TLS. Use https:// there.',
    ],
    [
      'has a password',
      `https://kim:${token}@hooks.example.com/`,
      'the variable HOOK_URL has a URL with a user name or a password, which is not sent. Remove it.',
    ],
  ])('is told once, and not quoted: a URL that %s', async (_, url, message) => {
    vi.stubEnv('HOOK_URL', url);
    const failure = await failureOf(deliver(webhook));
    expect(failure).toMatchObject({ message, nonRetryable: true });
    expect(visible(failure)).not.toContain(token);
  });

  test.each(['sesame-open-your-door', 'whsec_c2hvcnQ=', 'whsec_!not-base64', `${secret} second`])(
    'is told once, and not quoted: the secret %s',
    async (text) => {
      const { received } = await receiver();
      vi.stubEnv('HOOK_SECRET', text);
      const failure = await failureOf(deliver(webhook));
      expect(failure).toMatchObject({
        message: expect.stringMatching(/^the variable HOOK_SECRET has no secret of the form whsec_<base64/),
        nonRetryable: true,
      });
      expect(received).toEqual([]);
      expect(visible(failure)).not.toContain(text);
    },
  );

  test('may end with a line break, as a file does', async () => {
    const { url, received } = await receiver();
    vi.stubEnv('CHAT_URL', `${url}/hook\n`);
    await deliver(slack);
    expect(received).toHaveLength(1);
    expect(inspect(logged, { depth: 10 })).not.toContain(url);
  });
});

describe('a topic', () => {
  test('gets the message in its own Region, under the role of the cluster', async () => {
    const simulator = await simulated();
    const assume = { roleArn: 'arn:aws:iam::123456789012:role/updater', externalId: 'ours' };
    await deliver(topic('rollouts'), { ...notice, cluster: { ...cluster, region: 'eu-west-1', assume } });
    expect(published(simulator)).toMatchObject([
      {
        principal: 'assumed-role/updater/ecs-updater',
        status: 200,
        parameters: {
          TopicArn: arn('rollouts'),
          Subject: 'ecs-updater: rollout of prod finished: 1 updated',
          MessageAttributes: {
            entry: [
              { Name: 'event', Value: { StringValue: 'rollout-finished' } },
              { Name: 'cluster', Value: { StringValue: 'prod' } },
              { Name: 'id', Value: { StringValue: notice.id } },
            ],
          },
        },
      },
    ]);
  });

  test('that keeps messages in order gets a repeated one once', async () => {
    const simulator = await simulated();
    await deliver(topic('audit.fifo'));
    await deliver(topic('audit.fifo'));
    const [first, second] = published(simulator);
    expect(first?.parameters).toMatchObject({ MessageGroupId: 'prod', MessageDeduplicationId: notice.id });
    expect(second?.answer).toEqual(first?.answer);
  });

  test('that is not there, or may not be used, is told with the topic', async () => {
    const simulator = await simulated();
    expect(await failureOf(deliver(topic('others')))).toMatchObject({
      message: `prod: sns:Publish on ${arn('others')}: NotFoundException: Topic does not exist`,
      nonRetryable: true,
    });
    simulator.fault({ kind: 'refuse', as: 'denied', service: 'sns' });
    expect(await failureOf(deliver(topic('rollouts')))).toMatchObject({
      message: `prod: sns:Publish on ${arn('rollouts')}: AuthorizationErrorException: User is not authorized to perform: SNS:Publish. Allow this action to the role of the worker.`,
      nonRetryable: true,
    });
  });

  test('is tried again while AWS is in trouble, and waited for no longer than it may', async () => {
    const simulator = await simulated();
    simulator.fault({ kind: 'refuse', as: 'throttled', service: 'sns', times: 3 });
    expect(await failureOf(deliver(topic('rollouts')))).toMatchObject({ nonRetryable: false });
    simulator.fault({ kind: 'hang', service: 'sns', when: 'before' });
    expect(await failureOf(deliver(topic('rollouts'), notice, 300))).toMatchObject({
      message: `${arn('rollouts')}: Error: no answer within 0.3 s`,
      nonRetryable: false,
    });
  });
});
