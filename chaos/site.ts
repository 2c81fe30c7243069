import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { Crew } from './crew.js';
import type { Front } from './front.js';
import { workerPrincipal } from './phases.js';
import type { MortalServer } from './server.js';

/** A Temporal namespace with its worker: what some clusters share. */
export interface Site {
  readonly client: Client;
  readonly crew: Crew;
  readonly front: Front;
  readonly server: MortalServer;
  /** Makes a call to Temporal, again and again while the server is away. */
  readonly ask: <T>(call: () => Promise<T>) => Promise<T>;
  close(): Promise<void>;
}

/** How long a call may fail because the server is away, in ms. */
const awayMs = 120_000;

// UNKNOWN, CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE: grpc.github.io, status codes.
const passing: ReadonlySet<number> = new Set([1, 2, 4, 8, 13, 14]);

const isPassing = (err: unknown): boolean => {
  for (let cause = err; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) return passing.has(cause.code);
  }
  return false;
};

/** Makes a namespace on the server and starts its worker. */
export async function openSite(server: MortalServer, front: Front): Promise<Site> {
  const connection = await Connection.connect({ address: server.address });
  const namespace = `chaos-${randomUUID()}`;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  const crew = new Crew({
    address: server.address,
    namespace,
    awsUrl: front.url,
    principal: workerPrincipal,
  });
  return {
    client: new Client({ connection, namespace }),
    crew,
    front,
    server,
    ask: async (call) => {
      const deadline = Date.now() + awayMs;
      for (;;) {
        await server.settled();
        try {
          return await call();
        } catch (err) {
          if (!isPassing(err) || Date.now() > deadline) throw err;
          await sleep(500);
        }
      }
    },
    close: async () => {
      await crew.close();
      await connection.close();
    },
  };
}
