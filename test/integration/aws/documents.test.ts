import { SSMClient } from '@aws-sdk/client-ssm';
import { expect, onTestFinished, test } from 'vitest';
import { putDocuments } from '../../../src/aws/documents.js';
import { startSimulator } from '../../../src/simulator/simulator.js';

test('a document whose creation was answered by nobody, or that somebody else created meanwhile, is found', async () => {
  const simulator = await startSimulator({ speed: 20, throttle: false });
  onTestFinished(() => simulator.close());
  const ssm = new SSMClient({
    region: simulator.fleet.scenario.region,
    endpoint: simulator.url,
    credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'not-a-secret' },
  });
  onTestFinished(() => ssm.destroy());
  simulator.fault({ kind: 'reset', action: 'CreateDocument', when: 'after' });
  const { documents } = await putDocuments(ssm, false);
  const created = simulator.fleet.journal.entries.filter(
    (entry) => entry.kind === 'request' && entry.action === 'CreateDocument' && entry.status === 200,
  );
  expect(created).toHaveLength(3);
  expect((await putDocuments(ssm, false)).documents).toEqual(documents);
});
