import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { describe, inject, test as base, vi } from 'vitest';
import type { ScenarioInput } from '../../src/simulator/scenario.js';
import { EncryptionCodec, keyIdOf } from '../../src/temporal/encryption/codec.js';
import { conversionFor, encodingFailureConverter } from '../../src/temporal/encryption/data-converter.js';
import { keyLine, parseKeyRing } from '../../src/temporal/encryption/key-ring.js';
import {
  filesOf,
  type FrontOptions,
  type CloudFront,
  makeAuthority,
  startCloudFront,
} from '../support/cloud-front.js';
import { eventually } from '../support/eventually.js';
import { type Fleet, hosts, startFleet } from '../support/fleet.js';
import { principals } from '../support/installation.js';
import { type ProcessInstallation, startProcessInstallation } from '../support/worker-processes.js';

const apiKey = 'tmprl-key-of-the-test-0123456789';
const line = keyLine({ id: 'today', kind: 'aes256', material: randomBytes(32) });
const keys = { ECS_UPDATER_ENCRYPTION_KEYS: line };
const two = { instances: hosts('a', 'b') };
const patient = { drainLimit: '2h', updateLimit: '2h', rebootLimit: '2h', verifyLimit: '2h' };

/** What the test's own client encrypts with, once it has keys: they can be of a fleet that is started with that client. */
class LateKeys implements PayloadCodec {
  #codec = new EncryptionCodec(null);

  /** Has the KMS at this address open the keys. */
  async open(keyLines: string, url: string): Promise<void> {
    vi.stubEnv('AWS_ENDPOINT_URL_KMS', url);
    vi.stubEnv('AWS_ACCESS_KEY_ID', principals.tests);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'not-a-secret');
    this.#codec = (await conversionFor(parseKeyRing(keyLines, 'the test'))).codec;
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    return this.#codec.encode(payloads);
  }

  decode(payloads: Payload[]): Promise<Payload[]> {
    return this.#codec.decode(payloads);
  }
}

interface StartOptions extends Pick<ScenarioInput, 'kmsKeys'> {
  /** Of the test's own client. Default: with the key of this file. */
  codec?: PayloadCodec;
}

const test = base
  .extend('onEnd', async ({ task: _task }, { onCleanup }) => {
    const undo: (() => unknown)[] = [];
    onCleanup(async () => {
      for (const one of undo.toReversed()) await one();
    });
    return (one: () => unknown): void => void undo.push(one);
  })
  .extend('authority', { scope: 'file' }, () => makeAuthority('ours'))
  /** A namespace with a fleet, whose workers are processes; the test's own client goes straight to the server. */
  .extend(
    'start',
    async ({ onEnd }) =>
      async (variables: Record<string, string>, { codec, kmsKeys }: StartOptions = {}) => {
        const payloadCodecs = [codec ?? (await conversionFor(parseKeyRing(line, 'the test'))).codec];
        const installation = await startProcessInstallation(inject('devServer').address, {
          variables,
          dataConverter: { payloadCodecs, failureConverterPath: encodingFailureConverter },
        });
        onEnd(() => installation.close());
        const fleet = await startFleet(installation, { ...two, ...(kmsKeys && { kmsKeys }) }, {});
        onEnd(() => fleet.close());
        return { installation, fleet };
      },
  )
  /** A front with these locks, and the variable that makes it trusted. */
  .extend(
    'startFront',
    async ({ authority, onEnd }) =>
      async (
        locks: Pick<FrontOptions, 'apiKeys' | 'clientCa'>,
      ): Promise<{ front: CloudFront; way: Record<string, string> }> => {
        const front = await startCloudFront({ server: inject('devServer').address, authority, ...locks });
        onEnd(() => front.close());
        const { ca } = filesOf({ ca: authority.cert }, onEnd);
        const way = {
          TEMPORAL_ADDRESS: front.address,
          TEMPORAL_TLS_SERVER_CA_CERT_PATH: ca,
          TEMPORAL_TLS_SERVER_NAME: 'localhost',
        };
        return { front, way };
      },
  );

/** A client that opens nothing. */
const bystander = ({ client: { connection, options } }: ProcessInstallation): Client =>
  new Client({ connection, namespace: options.namespace });

type Found = { payloads: Payload[]; texts: { field: string; text: string }[] };

/** Names a change of the code, for replays: the SDK's core writes it, which knows no codec. */
const isPatch = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'markerName' in value && value.markerName === 'core_patch';

const isPayload = (value: object): value is Payload => 'metadata' in value && 'data' in value;

/** What cannot be encrypted: Temporal searches the one, and needs the other before any data. */
const leftOut = new Set(['searchAttributes', 'header']);

/** Every payload, and every text with the name of its field, of what the server has. */
function allOf(value: unknown, found: Found = { payloads: [], texts: [] }, field = ''): Found {
  if (typeof value === 'string') found.texts.push({ field, text: value });
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return found;
  if (isPayload(value)) found.payloads.push(value);
  else
    for (const [name, member] of Object.entries(value)) {
      if (!leftOut.has(name) && !isPatch(member)) allOf(member, found, Array.isArray(value) ? field : name);
    }
  return found;
}

/** All that the server keeps of a namespace: histories of its workflows, lists, Schedules. */
async function kept(client: Client): Promise<Found> {
  const found: Found = { payloads: [], texts: [] };
  const { namespace } = client.options;
  // The client's own list would want to read the memos.
  const { executions } = await client.workflowService.listWorkflowExecutions({ namespace, pageSize: 1000 });
  for (const one of executions ?? []) {
    allOf(one, found);
    const { workflowId, runId } = one.execution ?? {};
    allOf(await client.workflow.getHandle(workflowId ?? '', runId ?? undefined).fetchHistory(), found);
  }
  const { schedules } = await client.workflowService.listSchedules({ namespace, maximumPageSize: 100 });
  for (const { scheduleId } of schedules ?? []) {
    allOf(await client.workflowService.describeSchedule({ namespace, scheduleId: scheduleId ?? '' }), found);
  }
  return found;
}

function fileFor(fleet: Fleet, onEnd: (one: () => unknown) => void): string {
  const { folder } = filesOf({ none: '' }, onEnd);
  const file = join(folder, 'ecs-updater.yaml');
  const region = fleet.arn.split(':')[3];
  writeFileSync(
    file,
    `defaults: {region: ${region}, schedule: {cron: 0 3 1 1 *}, maxUnavailable: 2}\nclusters: [{cluster: ${fleet.cluster}}]\n`,
  );
  return file;
}

describe.concurrent('a rollout through TLS, with encryption', () => {
  test('needs the API key, and leaves nothing to read on the server', async ({
    start,
    startFront,
    onEnd,
    expect,
  }) => {
    const { front, way } = await startFront({ apiKeys: new Set([apiKey]) });
    const { installation, fleet } = await start({ ...way, ...keys, TEMPORAL_API_KEY: apiKey });
    const worker = installation.startWorker({}, ['--log-level', 'trace']);
    await installation.workerPolls();
    // Of so much that it says only the end is kept.
    const begun = worker.log();
    expect(begun).toContain('data is encrypted with the key today');
    // What the audit holds the worker to.
    await fleet.input({ maxUnavailable: '2' });
    const file = fileFor(fleet, onEnd);

    const applied = await fleet.command('apply', '-f', file, '--yes');
    expect(applied).toMatchObject({ code: 0, stderr: '' });
    expect(applied.stdout).toContain(
      `tcld namespace search-attributes add --namespace ${installation.client.options.namespace} --sa "EcsCluster=Keyword"`,
    );
    const again = await fleet.command('apply', '-f', file, '--dry-run');
    expect(again.stdout).toContain(`= Schedule ${fleet.workflowId}`);
    expect(await fleet.ecsUpdater('run')).toMatchObject({ code: 0, stderr: '' });
    const report = await fleet.report();
    expect(fleet.outcomes(report)).toEqual({ a: 'updated', b: 'updated' });

    const outputs = [
      await fleet.command('doctor', '-f', file),
      await fleet.ecsUpdater('status'),
      await fleet.ecsUpdater('history'),
      await fleet.ecsUpdater('report', '--json', '-'),
      await fleet.ecsUpdater('why', '--instance', fleet.id('a')),
      await fleet.ecsUpdater('hold', '--instance', fleet.id('a'), '--reason', 'disk is looked at'),
    ];
    expect(outputs.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      outputs.map(() => ({ code: 0, stderr: '' })),
    );
    const [doctor, status, , reported] = outputs;
    expect(doctor?.stdout).toMatch(/^ok +- +encryption +data is encrypted with the key today/m);
    expect(status?.stdout).toContain(fleet.id('a'));
    expect(JSON.parse(reported?.stdout ?? '')).toMatchObject({ counts: { updated: 2 } });

    const { payloads, texts } = await kept(bystander(installation));
    expect(payloads.length).toBeGreaterThan(100);
    expect(new Set(payloads.map(keyIdOf))).toEqual(new Set(['today']));
    const ids = [fleet.id('a'), fleet.id('b')];
    const telling = texts.filter(({ text }) => [...ids, fleet.arn].some((one) => text.includes(one)));
    expect(new Set(telling.map(({ field }) => field))).toEqual(new Set(['workflowId']));
    expect(telling.filter(({ text }) => text.includes(fleet.arn))).toEqual([]);

    // What the keys open again for Temporal's own command line.
    const codecServer = await fleet.serve('codec-server');
    const show = ['workflow', 'show', '--workflow-id', fleet.workflowId, '--detailed'];
    const read = await fleet.temporal(...show, '--codec-endpoint', codecServer.url);
    await codecServer.close();
    expect(read.stdout).toContain(fleet.arn);
    expect((await fleet.temporal(...show)).stdout).not.toContain(fleet.arn);

    // Nothing came to the server but through the front, and nobody tells of keys.
    expect(front.calls).toContain(
      '/temporal.api.workflowservice.v1.WorkflowService/RespondActivityTaskCompleted',
    );
    const said = [
      begun,
      worker.log(),
      ...[applied, ...outputs].flatMap((one) => [one.stdout, one.stderr]),
    ].join();
    for (const secret of [apiKey, line.split(' ')[2] ?? line]) expect(said).not.toContain(secret);

    const expired = await fleet.commandIn({ TEMPORAL_API_KEY: 'an-expired-key-0123456789' }, 'status');
    expect(expired).toMatchObject({ code: 1, stdout: '' });
    expect(expired.stderr).toMatch(/^ecs-updater: Temporal at .* refused us: .*TEMPORAL_API_KEY.*\n$/);
    for (const [variable, remedy] of [
      ['', 'this process has no keys. Give it that one by ECS_UPDATER_ENCRYPTION_KEYS or'],
      [
        `other aes256 ${randomBytes(32).toString('base64')}`,
        'which ECS_UPDATER_ENCRYPTION_KEYS does not have',
      ],
    ] as const) {
      const ended = await fleet.commandIn(
        { ECS_UPDATER_ENCRYPTION_KEYS: variable },
        'pause',
        '--cluster',
        fleet.cluster,
      );
      expect(ended).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr).toMatch(
        /^ecs-updater: The data of this namespace is encrypted with the key today.*\n$/,
      );
      expect(ended.stderr).toContain(remedy);
    }
  });

  test('needs the client certificate, where that is asked for, and KMS, where that has the key', async ({
    start,
    startFront,
    authority,
    onEnd,
    expect,
  }) => {
    const { front, way } = await startFront({ clientCa: authority.cert });
    const { cert, key } = await authority.sign('worker');
    const files = filesOf({ cert, key }, onEnd);
    const keysFile = join(files.folder, 'keys');
    const codec = new LateKeys();
    const { installation, fleet } = await start(
      {
        ...way,
        TEMPORAL_TLS_CLIENT_CERT_PATH: files.cert,
        TEMPORAL_TLS_CLIENT_KEY_PATH: files.key,
        ECS_UPDATER_ENCRYPTION_KEYS_FILE: keysFile,
      },
      { kmsKeys: [{ id: 'ours' }], codec },
    );
    const keyArn = fleet.arn.replace(':ecs:', ':kms:').replace(/:cluster\/.*$/, ':key/ours');
    const made = await fleet.command(
      'encryption-key',
      '--kms',
      keyArn,
      '--id',
      'wrapped',
      '--file',
      keysFile,
    );
    expect(made).toMatchObject({ code: 0, stderr: '' });
    await codec.open(readFileSync(keysFile, 'utf8'), fleet.simulator.url);
    installation.startWorker();
    await installation.workerPolls();
    const report = await fleet.rollOut({ maxUnavailable: '2' });
    expect(fleet.outcomes(report)).toEqual({ a: 'updated', b: 'updated' });
    const status = await fleet.ecsUpdater('status');
    expect(status).toMatchObject({ code: 0, stderr: '' });
    expect(status.stdout).toContain('2 updated');
    expect(front.calls).toContain('/temporal.api.workflowservice.v1.WorkflowService/PollWorkflowTaskQueue');
    for (const who of [principals.worker, principals.commands])
      expect(fleet.requests(who, 'Decrypt').length).toBeGreaterThan(0);
    const { payloads } = await kept(bystander(installation));
    expect(new Set(payloads.map(keyIdOf))).toEqual(new Set(['wrapped']));
  });
});

describe.concurrent('a worker without the key', () => {
  test('does nothing with what it cannot read: no host is touched, and the rollout goes on with one that has it', async ({
    start,
    expect,
  }) => {
    const { installation, fleet } = await start({});
    // Nothing is encrypted yet, so it does not know what it lacks.
    const keyless = installation.startWorker();
    await installation.workerPolls();
    await fleet.schedule({ maxUnavailable: '2' });
    await fleet.client.schedule.getHandle(fleet.workflowId).trigger();
    await eventually('it says so', () => keyless.log().includes('is encrypted with the key today'));
    expect(fleet.requests(principals.worker)).toEqual([]);

    // Another one, started now, sees it at once, and ends before it takes any work.
    const second = installation.startWorker();
    expect(await second.ended).toBe(2);
    expect(second.log()).toMatch(
      /^ecs-updater: The data of this namespace is encrypted with the key today, and this process has no keys\..*\n$/m,
    );

    // Side by side for a while, as when keys are rolled out.
    installation.startWorker(keys);
    await eventually(
      'the work on hosts has begun',
      () => fleet.requests(principals.worker, 'UpdateContainerInstancesState').length > 0,
      300_000,
    );
    keyless.signal('SIGTERM');
    await keyless.ended;
    expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'updated', b: 'updated' });
  });
});

describe.concurrent('encryption', () => {
  test('is switched on under a rollout that runs, and reads what was written before', async ({
    start,
    onEnd,
    expect,
  }) => {
    const { installation, fleet } = await start({});
    const file = fileFor(fleet, onEnd);
    await fleet.input({ ...patient, maxUnavailable: '2' });
    await fleet.command('apply', '-f', file, '--yes');
    const old = installation.startWorker();
    await installation.workerPolls();
    expect(await fleet.ecsUpdater('run')).toMatchObject({ code: 0, stderr: '' });
    await fleet.event('apply-started', 'a');
    old.signal('SIGTERM');
    await old.ended;
    installation.startWorker(keys);
    expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'updated', b: 'updated' });

    const report = await fleet.commandIn(keys, 'report', '--cluster', fleet.cluster, '--json', '-');
    expect(JSON.parse(report.stdout)).toMatchObject({ counts: { updated: 2 }, gaps: [] });
    const shown = await fleet.commandIn(keys, 'apply', '-f', file, '--dry-run');
    expect(shown.stdout).toMatch(/^ +encryptedWith +none → today$/m);
    expect(await fleet.commandIn(keys, 'apply', '-f', file, '--yes')).toMatchObject({ code: 0, stderr: '' });
    expect((await fleet.commandIn(keys, 'apply', '-f', file, '--dry-run')).stdout).toContain(
      'Nothing to change',
    );
    await fleet.commandIn(keys, 'run', '--cluster', fleet.cluster);
    expect((await fleet.report()).counts).toMatchObject({ skipped: 2 });
    const { payloads } = await kept(bystander(installation));
    expect(new Set(payloads.map(keyIdOf))).toEqual(new Set([undefined, 'today']));
  });
});
