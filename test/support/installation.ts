import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { NativeConnection } from '@temporalio/worker';
import { createActivities } from '../../activities/index.js';
import { type AwsClients, type AwsPlace, createClients } from '../../src/aws/clients.js';
import { createWorker } from '../../src/worker/create-worker.js';
import { quietSdk } from './sdk-log.js';

/** Access key ids: the worker's, that of another installation's worker, that of whoever types commands, and that of the tests themselves. */
export const principals = {
  worker: 'AKIAWORKER',
  otherWorker: 'AKIAOTHERWORKER',
  commands: 'AKIACOMMANDS',
  tests: 'AKIATESTS',
};

/** A Temporal namespace of its own, with a worker. Each fleet is in a Region of its own, by which the worker finds it. */
export interface Installation {
  client: Client;
  /** Variables that lead a command to the namespace. */
  environment: Record<string, string>;
  /** Lets the worker find the fleet of a new Region at this address; returns other clients of that Region, for the test. */
  addRegion(region: string, endpoint: string): AwsClients;
  close(): Promise<void>;
}

/** Makes a namespace on the suite's Temporal server; nobody works there. */
export async function addNamespace(connection: Connection): Promise<string> {
  const namespace = `e2e-${randomUUID()}`;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  return namespace;
}

/** Makes a namespace on the Temporal server at this address and starts a worker there, in this process, which AWS knows by this access key. */
export async function startInstallation(
  address: string,
  principal: string = principals.worker,
): Promise<Installation> {
  quietSdk();
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: principals.tests,
    AWS_SECRET_ACCESS_KEY: 'not-a-secret',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  });
  const connection = await Connection.connect({ address });
  const nativeConnection = await NativeConnection.connect({ address });
  const namespace = await addNamespace(connection);
  const regions = new Map<string, (place: AwsPlace) => AwsClients>();
  const worker = await createWorker({
    connection: nativeConnection,
    namespace,
    shutdownGraceMs: 0,
    activities: createActivities((place) => {
      const clientsOf = regions.get(place.region);
      if (!clientsOf) throw new Error(`no fleet in ${place.region}`);
      return clientsOf(place);
    }),
  });
  const running = worker.run();
  return {
    client: new Client({ connection, namespace }),
    environment: { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace },
    addRegion: (region, endpoint) => {
      const options = { region, endpoint };
      const credentials = { accessKeyId: principal, secretAccessKey: 'not-a-secret' };
      const workers = { ...options, credentials };
      const asItself = createClients(workers);
      const asRole = new Map<string, AwsClients>();
      regions.set(region, ({ assume }) => {
        if (!assume) return asItself;
        const clients = asRole.get(assume.roleArn) ?? createClients({ ...workers, assume });
        asRole.set(assume.roleArn, clients);
        return clients;
      });
      const ofTests = { ...options, credentials: { ...credentials, accessKeyId: principals.tests } };
      return createClients(ofTests);
    },
    close: async () => {
      worker.shutdown();
      await running;
      await nativeConnection.close();
      await connection.close();
    },
  };
}
