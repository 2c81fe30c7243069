import { Client, Connection } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, inject } from 'vitest';
import { quietSdk } from './sdk-log.js';

quietSdk();

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of the suites `integration` and `e2e`, and of the recording of histories. */
    devServer: { address: string; namespace: string; pid: number };
    /** Path of the time-skipping server, of the suite `workflows`. */
    testServer: string;
    /** Folder for what IAM was asked in the tests, of the suite `e2e`. */
    accessRecords: string;
  }
}

/** The suite's real Temporal server, with connections of this test file. */
export interface SharedDevServer {
  address: string;
  namespace: string;
  client: Client;
  /** For workers. */
  nativeConnection: NativeConnection;
}

/** Connects this test file to the suite's real server; call it at the top of the file, and the result inside tests. */
export function sharedDevServer(): () => SharedDevServer {
  const { address, namespace } = inject('devServer');
  let connected: SharedDevServer | undefined;
  beforeAll(async () => {
    const connection = await Connection.connect({ address });
    const nativeConnection = await NativeConnection.connect({ address });
    connected = { address, namespace, client: new Client({ connection, namespace }), nativeConnection };
  });
  afterAll(async () => {
    await connected?.client.connection.close();
    await connected?.nativeConnection.close();
  });
  return () => started(connected);
}

/**
 * Starts a time-skipping environment for this test file and ends it after the last test; call it at the top of the file,
 * and the result inside tests. Time is one for the whole environment: run workflows one after the other.
 */
export function timeSkippingEnvironment(): () => TestWorkflowEnvironment {
  let environment: TestWorkflowEnvironment | undefined;
  beforeAll(async () => {
    environment = await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path: inject('testServer') } },
    });
  });
  afterAll(() => environment?.teardown());
  return () => started(environment);
}

/** The suite's real server in the same form, where time passes as it does; call it at the top of the file, and the result inside tests. */
export function realTimeEnvironment(): () => TestWorkflowEnvironment {
  const { address, namespace } = inject('devServer');
  let environment: TestWorkflowEnvironment | undefined;
  beforeAll(async () => {
    environment = await TestWorkflowEnvironment.createFromExistingServer({ address, namespace });
  });
  afterAll(() => environment?.teardown());
  return () => started(environment);
}

function started<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error('only inside a test or a hook');
  return thing;
}
