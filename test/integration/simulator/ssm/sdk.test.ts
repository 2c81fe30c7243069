import { readFile } from 'node:fs/promises';
import {
  CreateDocumentCommand,
  DescribeDocumentCommand,
  GetCommandInvocationCommand,
  GetDocumentCommand,
  InvalidInstanceId,
  ListCommandsCommand,
  paginateDescribeInstanceInformation,
  paginateListCommandInvocations,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import type { CommandInvocation, InstanceInformation } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createManualClock } from '../../../../src/simulator/clock.js';
import { plainScenario } from '../../../../src/simulator/plain-scenario.js';
import { startSimulator } from '../../../../src/simulator/simulator.js';
import type { Simulator } from '../../../../src/simulator/simulator.js';

const clock = createManualClock();
let simulator: Simulator;
let ssm: SSMClient;
let ids: string[];

beforeAll(async () => {
  const region = 'eu-central-1';
  simulator = await startSimulator({ clock, scenario: plainScenario({ instances: 60, region }) });
  ssm = new SSMClient({
    region,
    endpoint: simulator.url,
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' },
  });
  ids = [...simulator.fleet.hosts.keys()];
});

afterAll(async () => {
  ssm.destroy();
  await simulator.close();
});

async function all<Page, Item>(
  pages: AsyncIterable<Page>,
  itemsOf: (page: Page) => Item[] | undefined,
): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of pages) {
    items.push(...(itemsOf(page) ?? []));
  }
  return items;
}

const send = async (script: string, InstanceIds: string[]): Promise<string> => {
  const { Command } = await ssm.send(
    new SendCommandCommand({
      DocumentName: 'AWS-RunShellScript',
      Parameters: { commands: [script], executionTimeout: ['900'] },
      InstanceIds,
      TimeoutSeconds: 60,
      Comment: 'test',
    }),
  );
  return Command?.CommandId ?? '';
};

it('lists the instances over several pages, with dates as dates', async () => {
  const nodes = await all<
    { InstanceInformationList?: InstanceInformation[] | undefined },
    InstanceInformation
  >(
    paginateDescribeInstanceInformation({ client: ssm, pageSize: 7 }, {}),
    (page) => page.InstanceInformationList,
  );
  expect(new Set(nodes.map(({ InstanceId }) => InstanceId))).toEqual(new Set(ids));
  const ages = nodes.map(({ LastPingDateTime }) => clock.now() - (LastPingDateTime?.getTime() ?? 0));
  expect(Math.max(...ages)).toBeLessThan(330_000);
});

it('runs a command on fifty of them, and refuses more or unknown ones by the modelled errors', async () => {
  const CommandId = await send('hostname; date +%s', ids.slice(0, 50));
  await clock.advance(15_000);
  const invocations = await all<{ CommandInvocations?: CommandInvocation[] | undefined }, CommandInvocation>(
    paginateListCommandInvocations({ client: ssm, pageSize: 20 }, { CommandId, Details: true }),
    (page) => page.CommandInvocations,
  );
  expect(new Set(invocations.map(({ InstanceId }) => InstanceId)).size).toBe(50);
  expect(invocations.every(({ Status }) => Status === 'Success')).toBe(true);
  await expect(send('true', ids.slice(0, 51))).rejects.toMatchObject({ name: 'ValidationException' });
  await expect(send('true', ['i-0aaaaaaaaaaaaaaaa'])).rejects.toBeInstanceOf(InvalidInstanceId);
});

it('updates a host by the bare commands', async () => {
  const [InstanceId = ''] = ids;
  const host = simulator.fleet.hosts.get(InstanceId);
  const CommandId = await send('apiclient update check && apiclient update apply', [InstanceId]);
  await clock.advance(120_000);
  const result = await ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId }));
  expect(result).toMatchObject({ Status: 'Success', ResponseCode: 0 });
  expect(JSON.parse(result.StandardOutputContent ?? '')).toMatchObject({ update_state: 'Available' });
  await send('apiclient reboot', [InstanceId]);
  await clock.advanceUntil(() => host?.activeVersion === '1.26.1' && host.ssmAgentUp);
  const { Commands } = await ssm.send(new ListCommandsCommand({ InstanceId }));
  expect(Commands?.map(({ Comment }) => Comment)).toEqual(['test', 'test', 'test']);
});

it('keeps the content of a document, and its hash', async () => {
  const Content = await readFile(
    new URL('../../../../deploy/ssm/ecs-updater-check.json', import.meta.url),
    'utf8',
  );
  const Name = 'ecs-updater-check';
  await ssm.send(
    new CreateDocumentCommand({ Name, Content, DocumentType: 'Command', DocumentFormat: 'JSON' }),
  );
  await clock.advance(5000);
  const { Document } = await ssm.send(new DescribeDocumentCommand({ Name }));
  expect(Document).toMatchObject({ Status: 'Active', HashType: 'Sha256', SchemaVersion: '2.2' });
  expect(Document?.CreatedDate).toBeInstanceOf(Date);
  expect((await ssm.send(new GetDocumentCommand({ Name }))).Content).toBe(Content);
});
