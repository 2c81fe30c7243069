import {
  DescribeContainerInstancesCommand,
  ListClustersCommand,
  ListTasksCommand,
} from '@aws-sdk/client-ecs';
import { DescribeInstanceInformationCommand } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { beforeEach, describe, expect, it } from 'vitest';
import { behind, cluster, seconds, startBench, us, type Bench } from '../support.js';

let bench: Bench;
beforeEach(async () => {
  bench = await startBench({ instances: [{ name: 'a', host: behind }] });
});

const scopeOf = (service: string, region = 'eu-central-1'): string =>
  `AWS4-HMAC-SHA256 Credential=${us}/20260710/${region}/${service}/aws4_request, SignedHeaders=host;x-amz-date, Signature=abcdef0123456789`;

interface Raw {
  target?: string;
  authorization?: string;
  body?: string;
  contentType?: string;
  path?: string;
}

async function post({ target, authorization, body = '{}', contentType, path = '/' }: Raw) {
  const response = await fetch(bench.simulator.url + path, {
    method: 'POST',
    headers: {
      'content-type':
        contentType ?? (target ? 'application/x-amz-json-1.1' : 'application/x-www-form-urlencoded'),
      ...(target && { 'x-amz-target': target }),
      ...(authorization && { authorization }),
    },
    body,
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const ecsTarget = 'AmazonEC2ContainerServiceV20141113';

describe('awsJson1_1', () => {
  it('answers with dates in seconds, a request id, the real time and no more than the model has', async () => {
    const [instance] = bench.cluster.instances.values();
    const answer = await post({
      target: `${ecsTarget}.DescribeContainerInstances`,
      authorization: scopeOf('ecs'),
      body: JSON.stringify({ cluster, containerInstances: [instance?.arn], unknownMember: 1, include: null }),
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.1');
    expect(answer.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
    expect(Math.abs(Date.parse(answer.headers.get('date') ?? '') - Date.now())).toBeLessThan(seconds(5));
    expect(JSON.parse(answer.text)).toMatchObject({
      containerInstances: [{ registeredAt: (instance?.registeredAt ?? 0) / 1000 }],
    });
    expect(answer.text).not.toContain('null');
  });

  it('is served under any path prefix', async () => {
    const answer = await post({
      path: '/some/prefix/',
      target: `${ecsTarget}.ListClusters`,
      authorization: scopeOf('ecs'),
    });
    expect(answer.status).toBe(200);
  });

  it.each([
    ['{', 'SerializationException'],
    ['[]', 'SerializationException'],
    ['{"cluster": 7}', 'SerializationException'],
    ['{"cluster": ["demo"]}', 'SerializationException'],
    ['{"maxResults": "10"}', 'SerializationException'],
    ['{"cluster": {}}', 'SerializationException'],
    ['{"maxResults": 0}', 'InvalidParameterException'],
  ])('refuses the body %s with %s', async (body, code) => {
    const answer = await post({ target: `${ecsTarget}.ListTasks`, authorization: scopeOf('ecs'), body });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({ __type: code });
  });

  it('knows operations it has, and says so of others', async () => {
    for (const target of [
      `${ecsTarget}.CreateCapacityProvider`,
      `${ecsTarget}.constructor`,
      'AmazonSSM.StartSession',
    ]) {
      const service = target.startsWith('AmazonSSM') ? 'ssm' : 'ecs';
      const answer = await post({ target, authorization: scopeOf(service) });
      expect([answer.status, JSON.parse(answer.text)]).toEqual([
        400,
        { __type: 'UnknownOperationException' },
      ]);
    }
    const nobody = await post({ target: 'DynamoDB_20120810.ListTables', authorization: scopeOf('dynamodb') });
    expect(nobody.status).toBe(400);
  });

  it('refuses requests without credentials, or with those of another service or Region', async () => {
    const target = `${ecsTarget}.ListClusters`;
    const missing = await post({ target });
    expect([missing.status, JSON.parse(missing.text)]).toMatchObject([
      403,
      { __type: 'MissingAuthenticationTokenException' },
    ]);
    const other = await post({ target, authorization: scopeOf('ssm') });
    expect(JSON.parse(other.text)).toMatchObject({
      __type: 'InvalidSignatureException',
      message: expect.stringContaining("'ecs'"),
    });
    const elsewhere = await post({ target, authorization: scopeOf('ecs', 'us-east-1') });
    expect(JSON.parse(elsewhere.text)).toMatchObject({ __type: 'InvalidSignatureException' });
  });

  it('carries SSM as well', async () => {
    const { InstanceInformationList } = await bench.ssm.send(new DescribeInstanceInformationCommand({}));
    expect(InstanceInformationList).toMatchObject([{ PingStatus: 'Online', PlatformVersion: '1.26.0' }]);
  });
});

describe('query protocols', () => {
  it('tell STS who calls', async () => {
    const { $metadata, ...identity } = await bench.sts.send(new GetCallerIdentityCommand({}));
    expect(identity).toEqual({
      Account: '123456789012',
      UserId: us,
      Arn: `arn:aws:iam::123456789012:user/${us}`,
    });
    expect($metadata.requestId).toBeDefined();
  });

  it.each([
    ['ec2', 'Action=DescribeVolumes&Version=2016-11-15', 400, '<Code>InvalidAction</Code>'],
    ['ec2', 'Action=DescribeInstances&Version=2013-01-01', 400, '<Code>NoSuchVersion</Code>'],
    ['ec2', 'Action=DescribeInstances&Version=2016-11-15&Bogus=1', 400, '<Code>UnknownParameter</Code>'],
    ['ec2', 'Action=RebootInstances&Version=2016-11-15', 400, '<Code>MissingParameter</Code>'],
    [
      'ec2',
      'Action=RebootInstances&Version=2016-11-15&InstanceId.1=i-1',
      400,
      '<Code>InvalidInstanceID.Malformed</Code>',
    ],
    ['sts', 'Action=AssumeRoleWithSAML&Version=2011-06-15', 400, '<Code>InvalidAction</Code>'],
    ['ecs', 'Action=DescribeInstances&Version=2016-11-15', 401, '<Code>AuthFailure</Code>'],
  ])('refuse, for %s, %s', async (service, body, status, text) => {
    const answer = await post({ authorization: scopeOf(service), body });
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
    expect(answer.headers.get('content-type')).toContain('text/xml');
  });

  it('refuse requests without credentials in their own way', async () => {
    const ec2 = await post({ body: 'Action=DescribeInstances&Version=2016-11-15' });
    expect([ec2.status, ec2.text]).toEqual([
      401,
      expect.stringContaining('<Response><Errors><Error><Code>AuthFailure'),
    ]);
    const sts = await post({ body: 'Action=GetCallerIdentity&Version=2011-06-15' });
    expect([sts.status, sts.text]).toEqual([
      403,
      expect.stringContaining('<Code>MissingAuthenticationToken</Code>'),
    ]);
  });
});

const list = () => bench.ecs.send(new ListClustersCommand({}));

describe('faults', () => {
  it('refuse the next requests they fit', async () => {
    bench.simulator.fault({
      kind: 'aws-error',
      action: 'ListClusters',
      code: 'ServerException',
      status: 500,
      times: 2,
    });
    bench.simulator.fault({ kind: 'aws-error', principal: 'somebody', code: 'AccessDeniedException' });
    await expect(list()).rejects.toMatchObject({
      name: 'ServerException',
      $metadata: { httpStatusCode: 500 },
    });
    await expect(bench.ecs.send(new ListTasksCommand({ cluster }))).resolves.toBeDefined();
    await expect(list()).rejects.toMatchObject({ name: 'ServerException' });
    await expect(list()).resolves.toBeDefined();
  });

  it('last as long as they should', async () => {
    bench.simulator.fault({ kind: 'aws-error', service: 'ecs', code: 'ThrottlingException', seconds: 30 });
    await expect(list()).rejects.toMatchObject({ name: 'ThrottlingException' });
    await bench.clock.advance(seconds(29));
    await expect(list()).rejects.toMatchObject({ name: 'ThrottlingException' });
    await bench.clock.advance(seconds(2));
    await expect(list()).resolves.toBeDefined();
  });

  it('delay, cut connections before or after the effect, and garble answers', async () => {
    bench.simulator.fault({ kind: 'latency', delaySeconds: 5 });
    const asked = bench.clock.now();
    const state = { answered: false };
    const late = list().then(() => (state.answered = true));
    while (!state.answered) await bench.clock.advance(100);
    await late;
    expect(
      Date.parse(bench.simulator.fleet.journal.entries.at(-1)?.time ?? '') - asked,
    ).toBeGreaterThanOrEqual(seconds(5));

    const requests = () =>
      bench.simulator.fleet.journal.entries.filter((entry) => entry.kind === 'request').length;
    const before = requests();
    bench.simulator.fault({ kind: 'reset', when: 'before' });
    await expect(list()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(requests()).toBe(before);
    bench.simulator.fault({ kind: 'reset', when: 'after' });
    await expect(list()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(requests()).toBe(before + 1);
    bench.simulator.fault({ kind: 'garbage', body: 'html' });
    await expect(list()).rejects.toMatchObject({ name: 'SyntaxError' });
    bench.simulator.fault({ kind: 'garbage', body: 'truncated' });
    await expect(list()).rejects.toMatchObject({ name: 'SyntaxError' });
  });
});

it('throttles by AWS’s published rates when asked to', async () => {
  const strict = await startBench({ instances: [{ name: 'a', host: behind }] }, { throttle: true });
  const [instance] = strict.cluster.instances.values();
  const describeIt = () =>
    strict.ecs.send(
      new DescribeContainerInstancesCommand({ cluster, containerInstances: [instance?.arn ?? ''] }),
    );
  for (let count = 0; count < 100; count++) await describeIt();
  await expect(describeIt()).rejects.toMatchObject({ name: 'ThrottlingException', message: 'Rate exceeded' });
  await strict.clock.advance(seconds(1));
  for (let count = 0; count < 20; count++) await describeIt();
  await expect(describeIt()).rejects.toMatchObject({ name: 'ThrottlingException' });
});
