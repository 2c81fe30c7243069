import { Client, Connection } from '@temporalio/client';
import { onTestFinished } from 'vitest';

/** A client of a server that answers every call with this error, but those that are given; until the test is over. */
export function refusingClient(
  code: number,
  details: string,
  answers: Readonly<Record<string, () => unknown>> = {},
): Client {
  // Nothing is ever sent there.
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  onTestFinished(() => connection.close());
  const workflowService = new Proxy(connection.workflowService, {
    get: (_, call) => async () => {
      const answer = typeof call === 'string' ? answers[call] : undefined;
      if (answer) return answer();
      throw Object.assign(new Error(details), { code, details, metadata: new Map() });
    },
  });
  return new Client({ connection: Object.assign(connection, { workflowService }) });
}
