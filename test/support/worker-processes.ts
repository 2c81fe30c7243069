import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { startWorkerProcess, type WorkerProcess } from '../../chaos/worker-process.js';
import { createClients } from '../../src/aws/clients.js';
import { taskQueue } from '../../src/model/names.js';
import { eventually } from './eventually.js';
import { addNamespace, type Installation, principals } from './installation.js';

/** An installation whose workers are processes, which a test starts and kills; it is for one fleet, whose address they are given. */
export interface ProcessInstallation extends Installation {
  /** Starts `ecs-updater worker`, once the fleet is there, with more variables and flags. */
  startWorker(environment?: Record<string, string>, flags?: readonly string[]): WorkerProcess;
  /** Waits until a worker asks for work. */
  workerPolls(): Promise<void>;
}

/** How an installation is reached and what it writes, where that is not the plain way. */
interface ProcessInstallationOptions {
  /** For workers and commands alike. */
  variables?: Record<string, string>;
  /** Of the test's own client. */
  dataConverter?: DataConverter;
}

/** Makes a namespace on the Temporal server at this address, where nobody works yet. */
export async function startProcessInstallation(
  address: string,
  { variables = {}, dataConverter }: ProcessInstallationOptions = {},
): Promise<ProcessInstallation> {
  const connection = await Connection.connect({ address });
  const namespace = await addNamespace(connection);
  const workers: WorkerProcess[] = [];
  let awsUrl: string | undefined;
  const client = new Client({ connection, namespace, ...(dataConverter && { dataConverter }) });
  return {
    client,
    environment: { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, ...variables },
    addRegion: (region, endpoint) => {
      awsUrl = endpoint;
      const credentials = { accessKeyId: principals.tests, secretAccessKey: 'not-a-secret' };
      const options = { region, endpoint, credentials };
      return createClients(options);
    },
    startWorker: (environment = {}, flags = []) => {
      if (awsUrl === undefined) throw new Error('no fleet yet');
      const worker = startWorkerProcess({
        address,
        namespace,
        awsUrl,
        principal: principals.worker,
        environment: { ...variables, ...environment },
        flags,
      });
      workers.push(worker);
      return worker;
    },
    workerPolls: async () => {
      await eventually('a worker polls', async () => {
        const request = { namespace, taskQueue: { name: taskQueue } };
        const { pollers } = await client.workflowService.describeTaskQueue(request);
        return (pollers ?? []).length > 0;
      });
    },
    close: async () => {
      for (const worker of workers) worker.signal('SIGKILL');
      await Promise.all(workers.map(({ ended }) => ended));
      await connection.close();
    },
  };
}
