import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { ListTasksCommand } from '@aws-sdk/client-ecs';
import { SendCommandCommand } from '@aws-sdk/client-ssm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createClients, type AwsClients } from '../../../src/aws/clients.js';
import { answerWasLost, classify, type ErrorClass, toFailure } from '../../../src/aws/errors.js';
import { type Answer, ec2, html, json, startAnsweringServer, useEndpoint } from './answering-server.js';

/** Clients that wait so long for an answer, in ms. */
function clientsThatWait(answersWithinMs: number): AwsClients {
  const clients = createClients({ answersWithinMs });
  onTestFinished(() => {
    for (const client of Object.values(clients)) client.destroy();
  });
  return clients;
}

const asks = {
  ecs: ({ ecs }: AwsClients) => ecs.send(new ListTasksCommand({ cluster: 'prod' })),
  ec2: ({ ec2 }: AwsClients) => ec2.send(new DescribeInstancesCommand({})),
  ssmOnce: ({ ssmOnce }: AwsClients) =>
    ssmOnce.send(new SendCommandCommand({ DocumentName: 'ecs-updater-check', InstanceIds: ['i-1'] })),
};

async function errorOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (err) {
    return err;
  }
  throw new Error('it was answered');
}

const closed: Answer = (response) => response.socket?.destroy();
const closedInTheAnswer: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1', 'content-length': '100' });
  response.write('{"taskArns": [', () => response.socket?.destroy());
};
const truncated: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
  response.end('{"taskArns": [');
};
const empty =
  (status: number): Answer =>
  (response) => {
    response.writeHead(status);
    response.end();
  };
const silent: Answer = () => undefined;
const silentInTheAnswer: Answer = (response) => {
  response.writeHead(200, { 'content-length': '100' });
  response.write('{');
};

/** What happens · who is asked · what it answers · requests for one call · class · whether the answer counts as lost. */
const cases: [string, keyof typeof asks, Answer, number, ErrorClass, boolean][] = [
  ['ECS throttles', 'ecs', json(400, 'ThrottlingException', 'Rate exceeded'), 3, 'retry', false],
  ['a quota counts as throttling', 'ecs', json(400, 'LimitExceededException'), 3, 'retry', false],
  ['EC2 throttles', 'ec2', ec2(503, 'RequestLimitExceeded'), 3, 'retry', true],
  ['anybody throttles', 'ecs', json(429, 'SlowDown'), 3, 'retry', false],
  ['the service is in trouble', 'ecs', json(500, 'ServerException'), 3, 'retry', true],
  ['a balancer is in trouble', 'ecs', html(502), 3, 'retry', true],
  ['a balancer before EC2 is in trouble', 'ec2', html(502), 3, 'retry', true],
  ['a 503 has no body', 'ecs', empty(503), 3, 'retry', true],
  ['a 400 means the service’s own trouble', 'ecs', json(400, 'ServerException'), 1, 'retry', false],
  ['a page stands where the answer should be', 'ecs', html(200), 1, 'retry', true],
  ['half an answer comes', 'ecs', truncated, 1, 'retry', true],
  ['half an answer of EC2 comes', 'ec2', truncated, 1, 'retry', true],
  ['a proxy refuses', 'ecs', html(403), 1, 'retry', false],
  ['a proxy refuses the way to EC2', 'ec2', html(403), 1, 'retry', false],
  ['the connection is closed', 'ecs', closed, 3, 'retry', true],
  ['the connection is closed in the answer', 'ecs', closedInTheAnswer, 3, 'retry', true],
  ['no answer comes', 'ecs', silent, 3, 'retry', true],
  ['no answer of EC2 comes', 'ec2', silent, 3, 'retry', true],
  ['an answer stops coming', 'ecs', silentInTheAnswer, 3, 'retry', true],
  ['a session has expired', 'ecs', json(400, 'ExpiredTokenException'), 1, 'retry', false],
  ['an action is denied', 'ecs', json(400, 'AccessDeniedException'), 1, 'stops-rollout', false],
  ['a namespaced action is denied', 'ecs', json(400, 'a.b#AccessDeniedException'), 1, 'stops-rollout', false],
  ['EC2 denies an action', 'ec2', ec2(403, 'UnauthorizedOperation'), 1, 'stops-rollout', false],
  ['a key is unknown', 'ecs', json(400, 'UnrecognizedClientException'), 1, 'stops-rollout', false],
  ['EC2 knows no such key', 'ec2', ec2(401, 'AuthFailure'), 1, 'stops-rollout', false],
  ['a request is wrong', 'ecs', json(400, 'InvalidParameterException'), 1, 'stops-rollout', false],
  ['a cluster is missing', 'ecs', json(400, 'ClusterNotFoundException'), 1, 'stops-rollout', false],
  ['EC2 knows no such instance', 'ec2', ec2(400, 'InvalidInstanceID.NotFound'), 1, 'fails-instance', false],
];

describe('when', () => {
  test.each(cases)('%s', async (_, service, answer, requests, kind, lost) => {
    const server = await startAnsweringServer(answer);
    const err = await errorOf(asks[service](clientsThatWait(300)));
    expect(server.requests).toHaveLength(requests);
    expect(classify(err)).toBe(kind);
    expect(answerWasLost(err)).toBe(lost);
    expect(toFailure(err, 'prod/i-1').message).toMatch(
      service === 'ec2' ? /^prod\/i-1: ec2:DescribeInstances: / : /^prod\/i-1: ecs:ListTasks on prod: /,
    );
  });

  test('nobody listens', async () => {
    useEndpoint('http://127.0.0.1:9');
    const err = await errorOf(asks.ecs(clientsThatWait(300)));
    expect(classify(err)).toBe('retry');
    expect(toFailure(err, 'prod').message).toContain('ECONNREFUSED');
  });

  test('the SDK is told how long to stay away, it does', async () => {
    const began: number[] = [];
    await startAnsweringServer((response, request) => {
      began.push(Date.now());
      json(400, 'ThrottlingException', 'Rate exceeded', { 'retry-after': '1' })(response, request);
    });
    await errorOf(asks.ecs(clientsThatWait(300)));
    expect((began[1] ?? 0) - (began[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });
});

describe('a command for hosts is sent once', () => {
  test.each<[string, Answer]>([
    ['throttled', json(400, 'ThrottlingException')],
    ['in trouble', json(500, 'InternalServerError')],
    ['a page', html(502)],
    ['a page for an answer', html(200)],
    ['closed', closed],
    ['closed in the answer', closedInTheAnswer],
    ['silent', silent],
  ])('%s', async (_, answer) => {
    const server = await startAnsweringServer(answer);
    await errorOf(asks.ssmOnce(clientsThatWait(300)));
    expect(server.requests).toHaveLength(1);
  });
});

test('a request names the product', async () => {
  const agents: (string | undefined)[] = [];
  await startAnsweringServer((response, request) => {
    agents.push(request.headers['user-agent']);
    empty(200)(response, request);
  });
  await asks.ecs(clientsThatWait(300));
  expect(agents[0]).toMatch(/ecs-updater\/\d/);
});

test('a message never carries what signs requests, though AWS quotes the request that it refuses', async () => {
  await startAnsweringServer((response, request) => {
    const quoted = Object.entries(request.headers).map(([name, value]) => `${name}:${String(value)}`);
    const message = `The Canonical String was 'POST\n/\n${quoted.join('\n')}'`;
    json(403, 'InvalidSignatureException', message)(response, request);
  });
  const { message } = toFailure(await errorOf(asks.ecs(clientsThatWait(300))), 'prod');
  expect(message).toContain('The Canonical String was');
  expect(message).toMatch(/Check the credentials of the worker\.$/);
  for (const name of ['AWS_SESSION_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'AWS_ACCESS_KEY_ID']) {
    const secret = process.env[name] ?? 'unset';
    expect(secret).not.toBe('unset');
    expect(message).not.toContain(secret);
  }
});

test('long opaque text is left out of a message, names and ARNs are not', () => {
  const arn =
    'arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/0123456789abcdef0123456789abcdef';
  const { message } = toFailure(
    new Error(`User cannot do this on ${arn}. Encoded authorization failure message: ${'aB3-_'.repeat(80)}`),
    'prod',
  );
  expect(message).toContain(arn);
  expect(message.length).toBeLessThan(250);
});
