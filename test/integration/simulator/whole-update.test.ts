import { setTimeout as wait } from 'node:timers/promises';
import {
  DescribeContainerInstancesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  paginateListContainerInstances,
  UpdateContainerInstancesStateCommand,
} from '@aws-sdk/client-ecs';
import {
  CreateDocumentCommand,
  DescribeDocumentCommand,
  GetCommandInvocationCommand,
  type GetCommandInvocationCommandOutput,
  InvocationDoesNotExist,
  paginateListCommandInvocations,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { expect, it, onTestFinished } from 'vitest';
import { plainScenario } from '../../../src/simulator/plain-scenario.js';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.js';

const cluster = 'demo';
const principal = 'AKIASTRANGER';

/** A client that knows nothing of this project and brings documents of its own. */
async function strangerOf(simulator: Simulator) {
  const config = {
    endpoint: simulator.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: principal, secretAccessKey: 'none' },
  };
  const ecs = new ECSClient(config);
  const ssm = new SSMClient(config);
  onTestFinished(async () => {
    ecs.destroy();
    ssm.destroy();
    await simulator.close();
  });
  for (const command of ['apiclient update check', 'apiclient update apply', 'apiclient reboot']) {
    const Name = nameOf(command);
    const step = {
      name: 'Run',
      action: 'aws:runShellScript',
      inputs: { timeoutSeconds: '1800', runCommand: [command] },
    };
    const Content = JSON.stringify({ schemaVersion: '2.2', description: command, mainSteps: [step] });
    await ssm.send(new CreateDocumentCommand({ Name, DocumentType: 'Command', Content }));
    await until(
      async () => (await ssm.send(new DescribeDocumentCommand({ Name }))).Document?.Status === 'Active',
    );
  }
  const send = async (command: string, InstanceIds: string[]): Promise<string> => {
    const { Command } = await ssm.send(
      new SendCommandCommand({ DocumentName: nameOf(command), InstanceIds }),
    );
    return Command?.CommandId ?? '';
  };
  const run = async (command: string, InstanceId: string): Promise<GetCommandInvocationCommandOutput> => {
    const CommandId = await send(command, [InstanceId]);
    return until(async () => {
      const answer = await ssm
        .send(new GetCommandInvocationCommand({ CommandId, InstanceId }))
        .catch((error: unknown) => {
          if (error instanceof InvocationDoesNotExist) return undefined;
          throw error;
        });
      return answer?.Status === 'Success' || answer?.Status === 'Failed' ? answer : undefined;
    });
  };
  const arns: string[] = [];
  for await (const page of paginateListContainerInstances({ client: ecs }, { cluster })) {
    arns.push(...(page.containerInstanceArns ?? []));
  }
  const describeOne = async (arn: string) => {
    const { containerInstances } = await ecs.send(
      new DescribeContainerInstancesCommand({ cluster, containerInstances: [arn] }),
    );
    return containerInstances?.[0];
  };
  return { ecs, ssm, send, run, arns, describeOne };
}

const nameOf = (command: string): string => `stranger-${command.replaceAll(' ', '-')}`;

/** The first answer that is something. */
async function until<T>(ask: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    await wait(10);
  }
}

it('lets a stranger update a host with nothing but apiclient, and finds no fault with it', async () => {
  const simulator = await startSimulator({ scenario: plainScenario({ instances: 4 }), speed: 200 });
  const { ecs, run, send, arns, describeOne } = await strangerOf(simulator);
  const arn = arns[0] ?? '';
  const id = (await describeOne(arn))?.ec2InstanceId ?? '';
  const check = async (): Promise<unknown> =>
    JSON.parse((await run('apiclient update check', id)).StandardOutputContent ?? '');
  expect(await check()).toMatchObject({ update_state: 'Available', chosen_update: { version: '1.26.1' } });

  const set = (status: 'ACTIVE' | 'DRAINING') =>
    ecs.send(new UpdateContainerInstancesStateCommand({ cluster, containerInstances: [arn], status }));
  await set('DRAINING');
  await until(async () => {
    const lists = await Promise.all(
      (['RUNNING', 'STOPPED'] as const).map((desiredStatus) =>
        ecs.send(new ListTasksCommand({ cluster, containerInstance: arn, desiredStatus })),
      ),
    );
    const tasks = lists.flatMap(({ taskArns }) => taskArns ?? []);
    const described = await ecs.send(new DescribeTasksCommand({ cluster, tasks }));
    return described.tasks?.every(({ lastStatus }) => lastStatus === 'STOPPED');
  });
  expect((await run('apiclient update apply', id)).Status).toBe('Success');
  expect(await check()).toMatchObject({ update_state: 'Ready' });
  const host = simulator.fleet.hosts.get(id);
  const bootId = host?.bootId;
  await send('apiclient reboot', [id]);
  await until(async () => host?.bootId !== bootId && (await describeOne(arn))?.agentConnected);
  expect(await check()).toMatchObject({ active_partition: { image: { version: '1.26.1' } } });
  await set('ACTIVE');

  const ended = await fetch(`${simulator.url}/_sim/audit`, {
    method: 'POST',
    body: JSON.stringify({ principal, ended: true }),
  });
  expect(ended.status).toBe(200);
  expect(simulator.violations()).toEqual([]);
});

it('checks 500 hosts at once', async () => {
  const simulator = await startSimulator({ scenario: plainScenario({ instances: 500 }), speed: 20 });
  const { ssm, send, arns } = await strangerOf(simulator);
  expect(arns).toHaveLength(500);
  const ids = [...simulator.fleet.hosts.keys()];
  const batches = Array.from({ length: 10 }, (_, index) => ids.slice(index * 50, index * 50 + 50));
  const commands = await Promise.all(batches.map((batch) => send('apiclient update check', batch)));
  const finished = await Promise.all(
    commands.map((CommandId) =>
      until(async () => {
        const statuses: (string | undefined)[] = [];
        for await (const page of paginateListCommandInvocations(
          { client: ssm, pageSize: 50 },
          { CommandId },
        )) {
          statuses.push(...(page.CommandInvocations ?? []).map(({ Status }) => Status));
        }
        return statuses.length === 50 && statuses.every((status) => status === 'Success') && statuses.length;
      }),
    ),
  );
  expect(finished).toEqual(Array.from({ length: 10 }, () => 50));
});
