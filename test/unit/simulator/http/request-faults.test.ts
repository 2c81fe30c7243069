import {
  DescribeContainerInstancesCommand,
  ListContainerInstancesCommand,
  ListServicesCommand,
  ListTasksCommand,
  paginateListContainerInstances,
  UpdateContainerInstancesStateCommand,
} from '@aws-sdk/client-ecs';
import { DescribeAutoScalingInstancesCommand } from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { ListDocumentsCommand } from '@aws-sdk/client-ssm';
import { beforeEach, describe, expect, it } from 'vitest';
import type { FaultInput } from '../../../../src/simulator/control/faults.js';
import { behind, cluster, found, seconds, startBench, threeInstances, us, type Bench } from '../support.js';

let bench: Bench;
beforeEach(async () => {
  bench = await startBench({ instances: threeInstances, services: [{ name: 'web', desiredCount: 3 }] });
});

const arm = (fault: FaultInput) => bench.simulator.fault(fault);
const list = (clients: Pick<Bench, 'ecs'> = bench) =>
  clients.ecs.send(new ListContainerInstancesCommand({ cluster }));
const listTasks = () => bench.ecs.send(new ListTasksCommand({ cluster }));
const arn = (name: string) => bench.instance(name).arn;
const describeInstances = (...names: string[]) =>
  bench.ecs.send(new DescribeContainerInstancesCommand({ cluster, containerInstances: names.map(arn) }));
const drain = (...names: string[]) =>
  bench.ecs.send(
    new UpdateContainerInstancesStateCommand({
      cluster,
      containerInstances: names.map(arn),
      status: 'DRAINING',
    }),
  );

/** Name of what each call ends with, in order. */
async function outcomes(calls: number, call: () => Promise<unknown>): Promise<string[]> {
  const names: string[] = [];
  for (let index = 0; index < calls; index++) {
    names.push(
      await call().then(
        () => 'ok',
        (error: unknown) => (error instanceof Error ? error.name : 'no error'),
      ),
    );
  }
  return names;
}

describe('which requests a fault meets', () => {
  const denied = 'AccessDeniedException';

  it('is one, unless it says how many', async () => {
    arm({ kind: 'refuse', as: 'denied', action: 'ListContainerInstances' });
    expect(await outcomes(2, list)).toEqual([denied, 'ok']);
    arm({ kind: 'refuse', as: 'denied', action: ['ListContainerInstances', 'ListTasks'], times: 3 });
    expect(await outcomes(1, listTasks)).toEqual([denied]);
    expect(await outcomes(3, list)).toEqual([denied, denied, 'ok']);
  });

  it('can begin with the nth', async () => {
    arm({ kind: 'refuse', as: 'denied', after: 2 });
    expect(await outcomes(4, list)).toEqual(['ok', 'ok', denied, 'ok']);
  });

  it('can be all for a while', async () => {
    arm({ kind: 'refuse', as: 'denied', seconds: 60 });
    await bench.clock.advance(seconds(59));
    expect(await outcomes(2, list)).toEqual([denied, denied]);
    await bench.clock.advance(seconds(1));
    expect(await outcomes(1, list)).toEqual(['ok']);
  });

  it('can be a matter of chance, the same for the same seed', async () => {
    arm({ kind: 'refuse', as: 'denied', probability: 0.5 });
    const ends = await outcomes(40, list);
    const refused = ends.filter((end) => end === denied).length;
    expect([refused > 5, refused < 35]).toEqual([true, true]);
    bench.simulator.reset();
    arm({ kind: 'refuse', as: 'denied', probability: 0.5 });
    expect(await outcomes(40, list)).toEqual(ends);
  });

  it('can be those of a category, a principal or about an instance', async () => {
    arm({ kind: 'refuse', as: 'throttled', category: 'ecs cluster-resource read', times: 2 });
    expect(await outcomes(1, () => bench.ecs.send(new ListServicesCommand({ cluster })))).toEqual(['ok']);
    expect(await outcomes(3, listTasks)).toEqual(['ThrottlingException', 'ThrottlingException', 'ok']);
    arm({ kind: 'refuse', as: 'denied', principal: us });
    expect(await outcomes(1, () => list(bench.clientsOf('other')))).toEqual(['ok']);
    expect(await outcomes(1, list)).toEqual([denied]);
    arm({ kind: 'refuse', as: 'denied', instance: bench.instance('b').ec2InstanceId });
    expect(await outcomes(1, () => describeInstances('a'))).toEqual(['ok']);
    expect(await outcomes(1, () => describeInstances('a', 'b'))).toEqual([denied]);
  });
});

describe('a refusal', () => {
  it.each([
    ['throttled', 'ThrottlingException', 'RequestLimitExceeded', 'Throttling'],
    ['denied', 'AccessDeniedException', 'UnauthorizedOperation', 'AccessDenied'],
    ['expired', 'ExpiredTokenException', 'RequestExpired', 'ExpiredToken'],
    ['unknown-key', 'UnrecognizedClientException', 'AuthFailure', 'InvalidClientTokenId'],
  ] as const)('as %s is in the words of each service', async (as, json, ec2, query) => {
    arm({ kind: 'refuse', as, times: 3 });
    expect([
      ...(await outcomes(1, list)),
      ...(await outcomes(1, () => bench.ec2.send(new DescribeInstancesCommand({})))),
      ...(await outcomes(1, () => bench.autoScaling.send(new DescribeAutoScalingInstancesCommand({})))),
    ]).toEqual([json, ec2, query]);
  });
});

describe('what is between client and service', () => {
  it.each(['before', 'after'] as const)('may break the connection %s the effect', async (when) => {
    arm({ kind: 'reset', when });
    expect(await outcomes(1, () => drain('a'))).not.toEqual(['ok']);
    expect(bench.instance('a').status).toBe(when === 'before' ? 'ACTIVE' : 'DRAINING');
  });

  it.each(['before', 'after'] as const)(
    'may never answer, %s the effect, until the client gives up',
    async (when) => {
      arm({ kind: 'hang', when });
      const abortSignal = AbortSignal.timeout(300);
      const call = bench.ecs.send(
        new UpdateContainerInstancesStateCommand({
          cluster,
          containerInstances: [arn('a')],
          status: 'DRAINING',
        }),
        { abortSignal },
      );
      await expect(call).rejects.toMatchObject({ name: 'AbortError' });
      expect(bench.instance('a').status).toBe(when === 'before' ? 'ACTIVE' : 'DRAINING');
    },
  );

  it.each([
    ['html', 503],
    ['empty', 500],
    ['json', 503],
    ['html', 200],
    ['truncated', 200],
  ] as const)('may answer with %s and status %i, before or after the effect', async (body, status) => {
    arm({ kind: 'garbage', body, status, when: 'before' });
    expect(await outcomes(1, () => drain('a'))).not.toEqual(['ok']);
    expect(bench.instance('a').status).toBe('ACTIVE');
    arm({ kind: 'garbage', body, status });
    expect(await outcomes(1, () => drain('a'))).not.toEqual(['ok']);
    expect(bench.instance('a').status).toBe('DRAINING');
  });

  it('may lose an answer to an error of the service’s, which the journal tells', async () => {
    arm({ kind: 'aws-error', code: 'ServerException', status: 500, when: 'after' });
    expect(await outcomes(1, () => drain('a'))).toEqual(['ServerException']);
    expect(bench.instance('a').status).toBe('DRAINING');
    expect(bench.simulator.fleet.journal.entries.at(-1)).toMatchObject({
      action: 'UpdateContainerInstancesState',
      status: 200,
      lost: 'spoiled',
    });
  });
});

const all = () => [...bench.cluster.instances.values()].map((instance) => instance.arn).toSorted();

async function readAll(): Promise<{ arns: string[]; sizes: number[] }> {
  const arns: string[] = [];
  const sizes: number[] = [];
  for await (const page of paginateListContainerInstances({ client: bench.ecs }, { cluster })) {
    arns.push(...found(page.containerInstanceArns));
    sizes.push(found(page.containerInstanceArns).length);
  }
  return { arns, sizes };
}

describe('lists', () => {
  beforeEach(async () => {
    bench = await startBench({ instances: [{ name: 'm', count: 8, host: behind }] });
  });

  it('come in shorter pages than asked for, and whole', async () => {
    arm({ kind: 'pages', trouble: 'short', action: 'ListContainerInstances', seconds: 60 });
    const { arns, sizes } = await readAll();
    expect(sizes).toEqual([4, 2, 1, 1]);
    expect(arns.toSorted()).toEqual(all());
  });

  it('come with an empty page that is not the last', async () => {
    arm({ kind: 'pages', trouble: 'empty', action: 'ListContainerInstances' });
    const { arns, sizes } = await readAll();
    expect(sizes).toEqual([0, 8]);
    expect(arns.toSorted()).toEqual(all());
  });

  it('come in another order', async () => {
    arm({ kind: 'pages', trouble: 'shuffled' });
    const { arns } = await readAll();
    expect(arns).not.toEqual(all());
    expect(arns.toSorted()).toEqual(all());
  });

  it('come with the same token again', async () => {
    arm({ kind: 'pages', trouble: 'repeated-token', times: 2 });
    const first = await list();
    const second = await bench.ecs.send(
      new ListContainerInstancesCommand({ cluster, nextToken: first.nextToken }),
    );
    expect(second.nextToken).toBe(first.nextToken);
    expect(second.containerInstanceArns).toEqual(first.containerInstanceArns);
    const third = await bench.ecs.send(
      new ListContainerInstancesCommand({ cluster, nextToken: first.nextToken }),
    );
    expect(third.nextToken).toBeUndefined();
  });

  it('are troubled on every service', async () => {
    arm({ kind: 'pages', trouble: 'empty', times: 3 });
    const { DocumentIdentifiers, NextToken } = await bench.ssm.send(new ListDocumentsCommand({}));
    expect([DocumentIdentifiers, typeof NextToken]).toEqual([[], 'string']);
    const instances = await bench.ec2.send(new DescribeInstancesCommand({}));
    expect([instances.Reservations, typeof instances.NextToken]).toEqual([[], 'string']);
    const members = await bench.autoScaling.send(new DescribeAutoScalingInstancesCommand({}));
    expect([members.AutoScalingInstances, typeof members.NextToken]).toEqual([[], 'string']);
    const rest = await bench.ec2.send(new DescribeInstancesCommand({ NextToken: instances.NextToken }));
    expect(rest.Reservations).toHaveLength(8);
  });

  it('may lag behind what is', async () => {
    arm({ kind: 'timings', ecs: { listLag: 5 } });
    const draining = async () =>
      (await bench.ecs.send(new ListContainerInstancesCommand({ cluster, status: 'DRAINING' })))
        .containerInstanceArns?.length;
    const [first] = bench.cluster.instances.values();
    bench.simulator.fault({
      kind: 'set-state',
      instance: found(first).ec2InstanceId,
      status: 'DRAINING',
    });
    expect(await draining()).toBe(0);
    await bench.clock.advance(seconds(5));
    expect(await draining()).toBe(1);
  });
});

const count = async () => (await listTasks()).taskArns?.length;

it('lets lists of tasks lag, too', async () => {
  arm({ kind: 'timings', ecs: { listLag: 5 } });
  arm({ kind: 'run-task', instance: bench.instance('a').ec2InstanceId });
  expect(await count()).toBe(3);
  await bench.clock.advance(seconds(5));
  expect(await count()).toBe(4);
  arm({ kind: 'stop-task', instance: bench.instance('a').ec2InstanceId, group: 'family:by-hand' });
  expect(await count()).toBe(4);
  await bench.clock.advance(seconds(5));
  expect(await count()).toBe(3);
});

describe('failures of a part of a batch', () => {
  it('answer 200 for the rest, chosen by instance', async () => {
    arm({
      kind: 'failures',
      action: 'DescribeContainerInstances',
      instance: bench.instance('b').ec2InstanceId,
    });
    const { containerInstances, failures } = await describeInstances('a', 'b', 'c');
    expect(containerInstances?.map(({ containerInstanceArn }) => containerInstanceArn)).toEqual([
      arn('a'),
      arn('c'),
    ]);
    expect(failures).toEqual([{ arn: arn('b'), reason: 'MISSING' }]);
  });

  it('keep a change from those that they name', async () => {
    arm({ kind: 'failures', action: 'UpdateContainerInstancesState', most: 2, reason: 'INACTIVE' });
    const { containerInstances, failures } = await drain('a', 'b', 'c');
    expect([containerInstances?.length, failures?.map(({ reason }) => reason)]).toEqual([
      1,
      ['INACTIVE', 'INACTIVE'],
    ]);
    expect(['a', 'b', 'c'].map((name) => bench.instance(name).status)).toEqual([
      'ACTIVE',
      'ACTIVE',
      'DRAINING',
    ]);
  });

  it('may leave nothing', async () => {
    arm({ kind: 'failures', action: 'DescribeContainerInstances' });
    expect(await describeInstances('a')).toMatchObject({
      containerInstances: [],
      failures: [{ arn: arn('a') }],
    });
  });
});

const ask = async (method: string): Promise<unknown> =>
  (await fetch(`${bench.simulator.url}/_sim/faults`, { method })).json();

it('tells what is armed, and disarms it', async () => {
  arm({ kind: 'refuse', as: 'throttled', service: 'ecs', times: 7 });
  arm({ kind: 'command', mishap: 'late', document: '-reboot', delaySeconds: 30 });
  expect(await ask('GET')).toMatchObject({
    requests: [{ fault: { kind: 'refuse', as: 'throttled', service: 'ecs' }, left: 7, until: null }],
    commands: [{ mishap: { kind: 'late', delaySeconds: 30 }, left: 1 }],
  });
  await ask('DELETE');
  expect(await ask('GET')).toEqual({ requests: [], commands: [] });
  expect(await outcomes(1, list)).toEqual(['ok']);
});
