import { expect, test } from 'vitest';
import { connectClient } from '../../../src/temporal/connection.js';
import { temporalTarget } from '../../../src/temporal/target.js';
import { sharedDevServer } from '../../support/servers.js';

const server = sharedDevServer();

test('connects to the server and namespace that the environment names', async () => {
  const env = { TEMPORAL_ADDRESS: server().address, TEMPORAL_NAMESPACE: server().namespace };
  const { client, close } = await connectClient(temporalTarget({ env }));
  await expect(client.workflow.count()).resolves.toMatchObject({ count: expect.any(Number) });
  await close();
});

test('says so when the namespace does not exist', async () => {
  const env = { TEMPORAL_ADDRESS: server().address, TEMPORAL_NAMESPACE: 'nowhere' };
  await expect(connectClient(temporalTarget({ env }))).rejects.toThrow(
    /^Temporal at .* \(namespace nowhere\) answered: .*nowhere.*\. Create the namespace/,
  );
});
