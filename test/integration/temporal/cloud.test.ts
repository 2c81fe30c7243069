import { writeFileSync } from 'node:fs';
import { inject, expect, onTestFinished, test, describe, beforeAll } from 'vitest';
import { NativeConnection } from '@temporalio/worker';
import { connectClient } from '../../../src/temporal/connection.js';
import { temporalError } from '../../../src/temporal/errors.js';
import { temporalTarget } from '../../../src/temporal/target.js';
import { keepApiKey } from '../../../src/worker/native-connection.js';
import { createLogger } from '../../../src/worker/logging.js';
import {
  type Authority,
  type CloudFront,
  filesOf,
  type FrontOptions,
  makeAuthority,
  startCloudFront,
} from '../../support/cloud-front.js';
import { eventually } from '../../support/eventually.js';
import { quietSdk } from '../../support/sdk-log.js';

quietSdk();

const apiKey = 'tmprl-key-of-the-test-0123456789';
let authority: Authority;
let stranger: Authority;

beforeAll(async () => {
  [authority, stranger] = await Promise.all([makeAuthority('ours'), makeAuthority('a stranger')]);
});

async function front(locks: Pick<FrontOptions, 'apiKeys' | 'clientCa'>): Promise<CloudFront> {
  const started = await startCloudFront({ server: inject('devServer').address, authority, ...locks });
  onTestFinished(() => started.close());
  return started;
}

const filesWith = <Name extends string>(texts: Record<Name, string>) => filesOf(texts, onTestFinished);

/** The way to a front, with these variables. */
const wayTo = ({ address }: CloudFront, variables: Record<string, string>) =>
  temporalTarget({
    env: {
      TEMPORAL_CONFIG_FILE: '/nonexistent/temporal.toml',
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: 'default',
      ...variables,
    },
  });

type Way = ReturnType<typeof wayTo>;

async function asWorker({ connectionOptions, namespace }: Way): Promise<string> {
  const connection = await NativeConnection.connect(connectionOptions);
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return 'welcome';
  } finally {
    await connection.close();
  }
}

/** Connects a client, and a worker's connection, and asks each for the namespace; what went wrong, as a person is told. */
async function said(way: Way): Promise<{ client: string; worker: string }> {
  const client = await connectClient(way).then(
    async ({ close }) => (await close(), 'welcome'),
    (err: unknown) => String(err),
  );
  const worker = await asWorker(way).catch((err: unknown) => String(temporalError(err, way)));
  return { client, worker };
}

describe('through TLS, with an API key', () => {
  test('who has it is welcome, with a line break behind it, too', async () => {
    const { address, calls, ...rest } = await front({ apiKeys: new Set([apiKey]) });
    const { ca } = filesWith({ ca: authority.cert });
    const way = wayTo(
      { address, calls, ...rest },
      { TEMPORAL_API_KEY: `${apiKey}\n`, TEMPORAL_TLS_SERVER_CA_CERT_PATH: ca },
    );
    expect(await said(way)).toEqual({ client: 'welcome', worker: 'welcome' });
    expect(calls).toContain('/temporal.api.workflowservice.v1.WorkflowService/DescribeNamespace');
  });

  test('who has another one is refused in one line that says what to do, and not what the key is', async () => {
    const started = await front({ apiKeys: new Set([apiKey]) });
    const way = wayTo(started, {
      TEMPORAL_API_KEY: 'an-expired-key-0123456789',
      TEMPORAL_TLS_SERVER_CA_CERT_DATA: authority.cert,
    });
    for (const sentence of Object.values(await said(way))) {
      expect(sentence).toMatch(
        /^TemporalError: Temporal at .* \(namespace default\) refused us: Request unauthorized\. Check TEMPORAL_NAMESPACE, and TEMPORAL_API_KEY .*expired.*\.$/,
      );
      expect(sentence).not.toContain('an-expired-key');
    }
    expect(started.calls).toEqual([]);
  });

  test('a server that nobody here trusts is told from one that is away', async () => {
    const started = await front({});
    const way = wayTo(started, { TEMPORAL_TLS: 'true' });
    for (const sentence of Object.values(await said(way))) {
      expect(sentence).toMatch(/cannot be reached: .* Its certificate is not trusted here: give the CA/);
    }
  });

  test('one that goes by another name is told so, too', async () => {
    const started = await front({});
    const way = wayTo(started, {
      TEMPORAL_TLS_SERVER_CA_CERT_DATA: authority.cert,
      TEMPORAL_TLS_SERVER_NAME: 'temporal.internal',
    });
    for (const sentence of Object.values(await said(way))) {
      expect(sentence).toMatch(
        /cannot be reached: .* Its certificate is for another name: .*TEMPORAL_TLS_SERVER_NAME/,
      );
    }
  });

  test('a server without TLS is told so', async () => {
    const { address } = inject('devServer');
    const way = wayTo({ address, calls: [], close: async () => {} }, { TEMPORAL_API_KEY: apiKey });
    for (const sentence of Object.values(await said(way))) {
      expect(sentence).toMatch(/cannot be reached: .* It speaks no TLS: set TEMPORAL_TLS=false/);
    }
  });

  test('a key that is renewed in its file counts at once for commands, and soon for a worker', async () => {
    const apiKeys = new Set([apiKey]);
    const started = await front({ apiKeys });
    const { key: keyFile } = filesWith({ key: `${apiKey}\n` });
    const way = wayTo(started, {
      ECS_UPDATER_TEMPORAL_API_KEY_FILE: keyFile,
      TEMPORAL_TLS_SERVER_CA_CERT_DATA: authority.cert,
    });
    const { client, close } = await connectClient(way);
    onTestFinished(close);
    const connection = await NativeConnection.connect(way.connectionOptions);
    onTestFinished(() => connection.close());
    const stop = new AbortController();
    let log = '';
    const logger = createLogger({ destination: { write: (line: string) => void (log += line) } });
    const keeping = keepApiKey(connection, keyFile, logger, stop.signal, 20);
    onTestFinished(async () => {
      stop.abort();
      await keeping;
    });

    apiKeys.clear();
    apiKeys.add('the-second-key-0123456789');
    await expect(client.workflow.count()).rejects.toThrow(/./);
    writeFileSync(keyFile, '');
    await eventually('the empty file is told of', () => log.includes('has no API key'));
    writeFileSync(keyFile, 'the-second-key-0123456789');
    await expect(client.workflow.count()).resolves.toMatchObject({ count: expect.any(Number) });
    await eventually('the worker is let in again', () =>
      connection.workflowService.describeNamespace({ namespace: 'default' }).then(
        () => true,
        () => false,
      ),
    );
    expect(log).toContain('uses the new API key of its file');
    expect(log).not.toContain('second-key');
  });
});

describe('through TLS, with a client certificate', () => {
  test('who has one of the right CA is welcome, from files and from variables', async () => {
    const started = await front({ clientCa: authority.cert });
    const { cert, key } = await authority.sign('worker');
    const files = filesWith({ ca: authority.cert, cert, key });
    const paths = {
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: files.ca,
      TEMPORAL_TLS_CLIENT_CERT_PATH: files.cert,
      TEMPORAL_TLS_CLIENT_KEY_PATH: files.key,
    };
    const data = {
      TEMPORAL_TLS_SERVER_CA_CERT_DATA: authority.cert,
      TEMPORAL_TLS_CLIENT_CERT_DATA: cert,
      TEMPORAL_TLS_CLIENT_KEY_DATA: key,
    };
    for (const variables of [paths, data]) {
      expect(await said(wayTo(started, variables))).toEqual({ client: 'welcome', worker: 'welcome' });
    }
  });

  test('who has none, or one of a stranger, is refused in one line that says what to do', async () => {
    const started = await front({ clientCa: authority.cert });
    const { cert, key } = await stranger.sign('worker');
    const server = { TEMPORAL_TLS_SERVER_CA_CERT_DATA: authority.cert };
    const strange = { ...server, TEMPORAL_TLS_CLIENT_CERT_DATA: cert, TEMPORAL_TLS_CLIENT_KEY_DATA: key };
    for (const variables of [server, strange]) {
      const { client, worker } = await said(wayTo(started, variables));
      // Whether one still hears why it is hung up on is a matter of moments.
      for (const sentence of [client, worker]) {
        expect(sentence).toMatch(
          /cannot be reached: [^\n]* It (hung up: if it wants a client certificate, check|does not take our client certificate: check)[^\n]*$/,
        );
      }
    }
    expect(started.calls).toEqual([]);
  });
});
