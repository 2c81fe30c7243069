import { Client, Connection } from '@temporalio/client';
import { onTestFinished } from 'vitest';

/** A client of a server that answers every call with this error, until the test is over. */
export function refusingClient(code: number, details: string): Client {
  // Nothing is ever sent there.
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  onTestFinished(() => connection.close());
  const fail = async (): Promise<never> => {
    throw Object.assign(new Error(details), { code, details, metadata: new Map() });
  };
  const workflowService = new Proxy(connection.workflowService, { get: () => fail });
  return new Client({ connection: Object.assign(connection, { workflowService }) });
}
