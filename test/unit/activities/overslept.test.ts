import { CancelCommandCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import { ListTasksCommand, PutAttributesCommand } from '@aws-sdk/client-ecs';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { heedCancellation } from '../../../activities/cancelling.js';
import { keepBeating } from '../../../activities/heartbeat.js';
import { type AwsClients, createClients } from '../../../src/aws/clients.js';
import { failureTypes } from '../../../src/model/failure-types.js';
import { type Answer, startAnsweringServer } from '../aws/answering-server.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets so much time pass in which nothing ran. */
const sleepThrough = (ms: number): void => {
  vi.setSystemTime(Date.now() + ms);
};

const succeed: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
  response.end('{}');
};

const mark = new PutAttributesCommand({ cluster: 'prod', attributes: [{ name: 'a', value: 'b' }] });

/** One attempt that does this; how it ended, and how many requests came. */
async function attempt(work: (clients: AwsClients) => Promise<unknown>, answers: Answer[] = []) {
  let requests = 0;
  await startAnsweringServer((response, request) => {
    const answer = answers[requests] ?? succeed;
    requests += 1;
    answer(response, request);
  });
  const clients = heedCancellation(createClients({ region: 'eu-central-1' }));
  onTestFinished(() => {
    for (const client of Object.values(clients)) client.destroy();
  });
  const environment = new MockActivityEnvironment(
    { heartbeatTimeoutMs: 20_000 },
    { logger: new DefaultLogger('ERROR') },
  );
  const end: unknown = await environment
    .run(() => keepBeating(() => work(clients)))
    .catch((err: unknown) => err);
  return { end, requests };
}

const refused = {
  type: failureTypes.unavailable,
  nonRetryable: false,
  message: expect.stringMatching(/^\w+ was not sent: this worker was suspended, .* for 6 s/),
};

test('an attempt whose process slept sends no change any more, and is made again', async () => {
  const { end, requests } = await attempt(async ({ ecs }) => {
    sleepThrough(6000);
    await ecs.send(mark);
  });
  expect(end).toMatchObject(refused);
  expect(requests).toBe(0);
});

test('also where it has beaten since', async () => {
  const { end, requests } = await attempt(async ({ ssmOnce }) => {
    sleepThrough(6000);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await ssmOnce.send(new SendCommandCommand({ DocumentName: 'd', InstanceIds: ['i-1'] }));
  });
  expect(end).toMatchObject(refused);
  expect(requests).toBe(0);
});

test('also where it slept between two tries of the SDK', async () => {
  const { end, requests } = await attempt(
    async ({ ecs }) => {
      await ecs.send(mark);
    },
    [
      (response) => {
        sleepThrough(6000);
        response.writeHead(500);
        response.end();
      },
    ],
  );
  expect(end).toMatchObject(refused);
  expect(requests).toBe(1);
});

test('it still looks, and calls off what it sent', async () => {
  const { end, requests } = await attempt(async ({ ecs, ssm }) => {
    sleepThrough(6000);
    await ecs.send(new ListTasksCommand({ cluster: 'prod' }));
    await ssm.send(new CancelCommandCommand({ CommandId: '12345678-1234-1234-1234-123456789012' }));
    return 'done';
  });
  expect(end).toBe('done');
  expect(requests).toBe(2);
});

test('a pause of some seconds is no sleep', async () => {
  const { end, requests } = await attempt(async ({ ecs }) => {
    sleepThrough(3000);
    await ecs.send(mark);
    return 'done';
  });
  expect(end).toBe('done');
  expect(requests).toBe(1);
});
