import type { Client } from '@temporalio/client';
import { inTime } from '../../aws/looks.js';
import type { Finding } from '../../model/examination.js';
import { taskQueue } from '../../model/names.js';
import { connectClient } from '../../temporal/connection.js';
import { workerIsPolling } from '../../temporal/rollouts.js';
import { lookAtSearchAttributes } from '../../temporal/search-attributes.js';
import { temporalTarget } from '../../temporal/target.js';

/** Temporal as it was found. */
export interface FoundTemporal {
  findings: Finding[];
  /** Absent: it cannot be reached. */
  client?: Client;
  /** A worker asks for work. */
  hasWorker: boolean;
  close: () => Promise<void>;
}

/** Looks at Temporal: server, namespace, worker, search attributes. */
export async function examineTemporal(): Promise<FoundTemporal> {
  const target = temporalTarget();
  const what = 'Temporal';
  try {
    const { client, codec, close } = await connectClient(target);
    const [worker, attributes] = await Promise.all([examineWorker(client), examineSearchAttributes(client)]);
    const fact = `${target.address} answers, and has the namespace ${target.namespace}`;
    const { writer } = codec;
    const encryption: Finding[] =
      writer === undefined
        ? []
        : [{ what: 'encryption', status: 'ok', fact: `data is encrypted with the key ${writer}` }];
    return {
      findings: [{ what, status: 'ok', fact }, ...encryption, worker, attributes],
      client,
      hasWorker: worker.status === 'ok',
      close,
    };
  } catch (err) {
    // The sentence has its remedy.
    return {
      findings: [{ what, status: 'failed', fact: messageOf(err) }],
      hasWorker: false,
      close: async () => {},
    };
  }
}

/** A look at Temporal as a finding, whatever comes of it. */
export async function lookAt(what: string, ask: () => Promise<Omit<Finding, 'what'>>): Promise<Finding> {
  try {
    return { what, ...(await inTime(ask)) };
  } catch (err) {
    return { what, status: 'failed', fact: messageOf(err) };
  }
}

const messageOf = (err: unknown): string => (err instanceof Error ? err.message : String(err));

const examineWorker = (client: Client): Promise<Finding> =>
  lookAt('worker', async () =>
    (await workerIsPolling(client))
      ? { status: 'ok', fact: `one polls the task queue ${taskQueue}` }
      : {
          status: 'failed',
          fact: `none polls the task queue ${taskQueue}`,
          remedy: 'Start one: ecs-updater worker.',
        },
  );

const examineSearchAttributes = (client: Client): Promise<Finding> =>
  lookAt('search attributes', async () => {
    const found = await lookAtSearchAttributes(client);
    const without = 'rollouts work without, but cannot be found by them in the UI';
    switch (found.kind) {
      case 'there':
        return { status: 'ok', fact: 'all are registered' };
      case 'missing':
        return {
          status: 'warning',
          fact: `${found.names.join(', ')} are not registered; ${without}`,
          remedy: 'ecs-updater apply registers them, or says how.',
        };
      case 'taken':
        return {
          status: 'warning',
          fact: `${found.name} is there as ${found.type}, not as Keyword; ${without}`,
          remedy: 'Rename yours, or use another namespace.',
        };
      case 'unknown':
        return {
          status: 'warning',
          fact: `Temporal does not say which there are; ${without}`,
          remedy: 'ecs-updater apply says how they are registered.',
        };
    }
  });
