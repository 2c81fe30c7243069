import {
  CreateDocumentCommand,
  DescribeDocumentCommand,
  SSMClient,
  UpdateDocumentCommand,
} from '@aws-sdk/client-ssm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ForeignDocument, planDocuments, putDocuments } from '../../../src/aws/documents.js';
import { readPackageFile } from '../../../src/aws/package-files.js';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.js';

async function account(): Promise<{ simulator: Simulator; ssm: SSMClient }> {
  const simulator = await startSimulator({ speed: 20, throttle: false });
  onTestFinished(() => simulator.close());
  const ssm = new SSMClient({
    region: simulator.fleet.scenario.region,
    endpoint: simulator.url,
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'not-a-secret' },
  });
  onTestFinished(() => ssm.destroy());
  return { simulator, ssm };
}

/** What is sent of the reboot document from now on; a plan says the same. */
async function pinned(ssm: SSMClient, update = false) {
  const { changes } = await putDocuments(ssm, update);
  expect((await planDocuments(ssm, update)).changes[2]).toEqual(changes[2]);
  return changes[2];
}

const answered = ({ fleet }: Simulator, ...actions: string[]) =>
  fleet.journal.entries.filter(
    (entry) => entry.kind === 'request' && actions.includes(entry.action) && entry.status === 200,
  );

test('a document whose creation was answered by nobody, or that somebody else created meanwhile, is found', async () => {
  const { simulator, ssm } = await account();
  simulator.fault({ kind: 'reset', action: 'CreateDocument', when: 'after' });
  const { documents } = await putDocuments(ssm, false);
  expect(answered(simulator, 'CreateDocument')).toHaveLength(3);
  expect((await putDocuments(ssm, false)).documents).toEqual(documents);
});

describe('documents that a stack of CloudFormation keeps', () => {
  const Name = 'ecs-updater-reboot';
  const ours = () => readPackageFile('deploy', 'ssm', `${Name}.json`);
  const create = (ssm: SSMClient, Content: string) =>
    ssm.send(new CreateDocumentCommand({ Name, Content, DocumentType: 'Command' }));

  /** The same, with its keys in another order and without blanks. */
  async function inOtherWords(): Promise<string> {
    const { mainSteps, ...others }: Record<string, unknown> = JSON.parse(await ours());
    return JSON.stringify({ mainSteps, ...others });
  }

  test('are taken as they are, also where it wrote their JSON anew', async () => {
    const { simulator, ssm } = await account();
    await create(ssm, await inOtherWords());
    const { Document } = await ssm.send(new DescribeDocumentCommand({ Name }));
    expect(await pinned(ssm)).toEqual({
      name: Name,
      version: '1',
      hash: Document?.Hash,
      change: 'unchanged',
    });
    expect(answered(simulator, 'UpdateDocument')).toEqual([]);
  });

  test.each([false, true])(
    'are taken in their newest version, where it did not make that the default (--update-documents: %s)',
    async (update) => {
      const { simulator, ssm } = await account();
      await create(
        ssm,
        (await ours()).replace('"description": "', '"description": "Of an earlier release. '),
      );
      const newest = { Name, Content: await ours(), DocumentVersion: '$LATEST' };
      await ssm.send(new UpdateDocumentCommand(newest));
      expect(await pinned(ssm, update)).toMatchObject({ version: '2', change: 'unchanged' });
      expect(answered(simulator, 'UpdateDocument')).toHaveLength(1);
      expect(answered(simulator, 'UpdateDocumentDefaultVersion')).toEqual([]);
    },
  );

  test('are refused where their newest version is not of this release', async () => {
    const { ssm } = await account();
    await create(ssm, (await ours()).replace('apiclient reboot', 'reboot'));
    await expect(putDocuments(ssm, false)).rejects.toThrow(ForeignDocument);
    expect((await planDocuments(ssm, false)).refusals).toHaveLength(1);
  });

  test('are compared by their hash alone for whoever may not read them', async () => {
    const { simulator, ssm } = await account();
    await create(ssm, await inOtherWords());
    simulator.fault({ kind: 'refuse', as: 'denied', action: 'GetDocument', times: 9 });
    await expect(putDocuments(ssm, false)).rejects.toThrow(ForeignDocument);
  });
});
