import { Client, Connection } from '@temporalio/client';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  clusterIn,
  foundBy,
  lookAtSearchAttributes,
  registerSearchAttributes,
} from '../../../src/temporal/search-attributes.js';

/** An error as gRPC throws it. */
const refused = (code: number): Error =>
  Object.assign(new Error(`${code} refused`), { code, details: 'refused', metadata: {} });

/** A client whose operator service answers so. */
function clientThat(answer: () => unknown, address = '127.0.0.1:1'): Client {
  const operatorService = {
    listSearchAttributes: async () => answer(),
    addSearchAttributes: async () => answer(),
  };
  // Nothing is ever sent there.
  const connection = Connection.lazy({ address });
  onTestFinished(() => connection.close());
  return new Client({ connection: Object.assign(connection, { operatorService }) });
}

const names = ['EcsCluster', 'EcsInstanceId', 'EcsUpdatePhase', 'EcsUpdateOutcome'];

describe('search attributes', () => {
  test.each([
    ['all are there', Object.fromEntries(names.map((name) => [name, 2])), { kind: 'there' }],
    ['some are missing', { EcsCluster: 2 }, { kind: 'missing', names: names.slice(1) }],
    ['one is of another type', { EcsCluster: 1 }, { kind: 'taken', name: 'EcsCluster', type: 'Text' }],
  ])('%s', async (_, customAttributes, found) => {
    await expect(lookAtSearchAttributes(clientThat(() => ({ customAttributes })))).resolves.toEqual(found);
  });

  test('that are missing in Temporal Cloud are registered elsewhere', async () => {
    const client = clientThat(() => ({ customAttributes: {} }), 'prod.a1b2c.tmprl.cloud:7233');
    await expect(lookAtSearchAttributes(client)).resolves.toEqual({
      kind: 'missing',
      names,
      elsewhere: true,
    });
  });

  // Temporal Cloud: its operator service lets nobody register, and may let nobody look.
  test.each([7, 12, 16])('are left to others where Temporal answers with code %i', async (code) => {
    const client = clientThat(() => {
      throw refused(code);
    });
    await expect(registerSearchAttributes(client, names)).resolves.toBe(false);
    await expect(lookAtSearchAttributes(client)).resolves.toEqual({ kind: 'unknown', names });
  });

  test('name cluster and instance where they are registered, and nothing where they may not be', () => {
    const cluster = { name: 'prod', arn: 'arn', region: 'eu-central-1' };
    const { typedSearchAttributes: given } = foundBy({ cluster, searchAttributes: true }, 'i-0abc');
    expect(given?.map(({ key, value }) => [key.name, value])).toEqual([
      ['EcsCluster', 'prod'],
      ['EcsInstanceId', 'i-0abc'],
    ]);
    expect(clusterIn(given)).toBe('prod');
    expect(foundBy({ cluster }, 'i-0abc')).toEqual({});
    expect(clusterIn(undefined)).toBe('');
  });

  test('that nobody answers about are an error', async () => {
    const client = clientThat(() => {
      throw refused(14);
    });
    await expect(registerSearchAttributes(client, names)).rejects.toThrow('refused');
    await expect(lookAtSearchAttributes(client)).rejects.toThrow('refused');
  });
});
