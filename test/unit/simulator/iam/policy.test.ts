import { describe, expect, test } from 'vitest';
import { decide, parsePolicy, PolicyError } from '../../../../src/simulator/iam/policy.js';
import type { AccessRequest } from '../../../../src/simulator/iam/request.js';

const place = { region: 'eu-central-1', accountId: '123456789012', clusterName: 'prod' };
const task = 'arn:aws:ecs:eu-central-1:123456789012:task/prod/0123';
const request: AccessRequest = { action: 'ecs:DescribeTasks', resource: task, context: {} };

interface Given {
  Effect?: string;
  Action?: unknown;
  Resource?: unknown;
  Condition?: unknown;
}

const policy = (...statements: Given[]) =>
  parsePolicy(
    {
      Version: '2012-10-17',
      Statement: statements.map((one) => ({ Effect: 'Allow', Action: '*', Resource: '*', ...one })),
    },
    place,
  );

const decisionOf = (given: Given, asked: Partial<AccessRequest> = {}) =>
  decide([policy(given)], { ...request, ...asked });

describe('what no statement allows is refused', () => {
  test.each<[Given, boolean]>([
    [{ Action: 'ecs:DescribeTasks' }, true],
    [{ Action: 'ECS:describetasks' }, true],
    [{ Action: ['ecs:ListTasks', 'ecs:Describe*'] }, true],
    [{ Action: 'ecs:Describe?asks' }, true],
    [{ Action: 'ecs:DescribeTask' }, false],
    [{ Action: 'ssm:*' }, false],
    [{ Resource: task }, true],
    [{ Resource: [`${task}4`, 'arn:aws:ecs:*:*:task/prod/*'] }, true],
    [{ Resource: 'arn:aws:ecs:eu-central-1:123456789012:task/prod/????' }, true],
    [{ Resource: 'arn:aws:ecs:eu-central-1:123456789012:task/prod/???' }, false],
    [{ Resource: 'arn:aws:ecs:eu-central-1:123456789012:task/PROD/0123' }, false],
    [{ Resource: 'arn:aws:ecs:eu-central-1:123456789012:task/production/*' }, false],
    [{ Resource: 'arn:aws:ecs:eu-central-1:210987654321:task/prod/*' }, false],
    // A dot is a dot.
    [{ Resource: 'arn:aws:ecs:eu.central.1:123456789012:task/prod/0123' }, false],
  ])('%j allows it: %s', (given, allows) => {
    expect(decisionOf(given)).toBe(allows ? 'allowed' : 'not-allowed');
  });

  test('a wildcard within a segment of an ARN ends with it, one at its end does not', () => {
    const resource = 'arn:aws:sns:eu-central-1:123456789012:a:b:c';
    expect(decisionOf({ Resource: 'arn:aws:sns:*:*:*' }, { resource })).toBe('allowed');
    expect(decisionOf({ Resource: 'arn:aws:sns:*:*:a:?:c' }, { resource })).toBe('allowed');
    expect(decisionOf({ Resource: 'arn:aws:s?s:e*1:1*2:a:b:c' }, { resource })).toBe('allowed');
    expect(decisionOf({ Resource: 'arn:aws:sns:e*2:a:b:c' }, { resource })).toBe('not-allowed');
    expect(decisionOf({ Resource: 'arn:aws:sns:*:*:a?b:c' }, { resource })).toBe('not-allowed');
  });

  test('what names no resource is allowed by * alone', () => {
    expect(decisionOf({ Resource: 'arn:aws:ecs:*:*:*' }, { resource: '*' })).toBe('not-allowed');
    expect(decisionOf({ Resource: '*' }, { resource: '*' })).toBe('allowed');
  });
});

test('an explicit Deny stands above every Allow, wherever it is', () => {
  const allow = policy({});
  const deny = policy({ Effect: 'Deny', Action: 'ecs:Describe*' });
  expect(decide([allow], request)).toBe('allowed');
  expect(decide([allow, deny], request)).toBe('denied');
  expect(decide([deny, allow], request)).toBe('denied');
  expect(decide([policy({}, { Effect: 'Deny', Action: 'ecs:Describe*' })], request)).toBe('denied');
  expect(decide([policy({ Effect: 'Deny', Action: 'ssm:*' })], request)).toBe('not-allowed');
  expect(decide([], request)).toBe('not-allowed');
});

describe('conditions', () => {
  const cluster = 'arn:aws:ecs:eu-central-1:123456789012:cluster/prod';
  test.each<[Record<string, Record<string, unknown>>, AccessRequest['context'], boolean]>([
    [
      { StringEquals: { 'aws:RequestedRegion': 'eu-central-1' } },
      { 'aws:RequestedRegion': ['eu-central-1'] },
      true,
    ],
    [
      { StringEquals: { 'AWS:requestedregion': 'eu-central-1' } },
      { 'aws:RequestedRegion': ['eu-central-1'] },
      true,
    ],
    [
      { StringEquals: { 'aws:RequestedRegion': 'EU-central-1' } },
      { 'aws:RequestedRegion': ['eu-central-1'] },
      false,
    ],
    [{ StringEquals: { 'aws:RequestedRegion': 'eu-*' } }, { 'aws:RequestedRegion': ['eu-central-1'] }, false],
    [{ StringLike: { 'aws:RequestedRegion': 'eu-*' } }, { 'aws:RequestedRegion': ['eu-central-1'] }, true],
    // A key that the request does not have.
    [{ StringEquals: { 'ssm:resourceTag/x': 'y' } }, {}, false],
    [{ StringEqualsIfExists: { 'ssm:resourceTag/x': 'y' } }, {}, true],
    [{ StringEqualsIfExists: { 'ssm:resourceTag/x': 'y' } }, { 'ssm:resourceTag/x': ['z'] }, false],
    // One of several values; every key; every operator.
    [{ StringEquals: { 'ssm:resourceTag/x': ['a', 'b'] } }, { 'ssm:resourceTag/x': ['b'] }, true],
    [
      { StringEquals: { 'ssm:resourceTag/x': 'a', 'ssm:resourceTag/y': 'b' } },
      { 'ssm:resourceTag/x': ['a'], 'ssm:resourceTag/y': ['c'] },
      false,
    ],
    [
      { StringEquals: { 'ssm:resourceTag/x': 'a' }, StringLike: { 'ssm:resourceTag/y': 'b*' } },
      { 'ssm:resourceTag/x': ['a'], 'ssm:resourceTag/y': ['c'] },
      false,
    ],
    [{ ArnEquals: { 'ecs:cluster': cluster } }, { 'ecs:cluster': [cluster] }, true],
    [{ ArnEquals: { 'ecs:cluster': 'arn:aws:ecs:*:*:cluster/p*' } }, { 'ecs:cluster': [cluster] }, true],
    [{ ArnLike: { 'ecs:cluster': 'arn:aws:ecs:*:cluster/prod' } }, { 'ecs:cluster': [cluster] }, false],
    [{ ArnLike: { 'ecs:cluster': `${cluster}-2` } }, { 'ecs:cluster': [cluster] }, false],
    [
      { 'ForAllValues:StringLike': { 'aws:TagKeys': 'ours/*' } },
      { 'aws:TagKeys': ['ours/a', 'ours/b'] },
      true,
    ],
    [
      { 'ForAllValues:StringLike': { 'aws:TagKeys': 'ours/*' } },
      { 'aws:TagKeys': ['ours/a', 'Name'] },
      false,
    ],
    [{ 'ForAllValues:StringLike': { 'aws:TagKeys': 'ours/*' } }, {}, true],
    [{ 'ForAnyValue:StringLike': { 'aws:TagKeys': 'ours/*' } }, { 'aws:TagKeys': ['ours/a', 'Name'] }, true],
    [{ 'ForAnyValue:StringLike': { 'aws:TagKeys': 'ours/*' } }, { 'aws:TagKeys': ['Name'] }, false],
    [{ 'ForAnyValue:StringLike': { 'aws:TagKeys': 'ours/*' } }, {}, false],
    [{ Null: { 'aws:TagKeys': 'false' } }, { 'aws:TagKeys': ['Name'] }, true],
    [{ Null: { 'aws:TagKeys': 'false' } }, {}, false],
    [{ Null: { 'ecs:cluster': 'true' } }, {}, true],
    [{ Null: { 'ecs:cluster': 'true' } }, { 'ecs:cluster': [cluster] }, false],
  ])('%j with %j: %s', (Condition, context, isMet) => {
    expect(decisionOf({ Condition }, { context })).toBe(isMet ? 'allowed' : 'not-allowed');
    expect(decisionOf({ Condition, Effect: 'Deny' }, { context })).toBe(isMet ? 'denied' : 'not-allowed');
  });
});

test('placeholders are filled in', () => {
  const given = {
    Resource: 'arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:task/${ClusterName}/*',
    Condition: { StringEquals: { 'ssm:resourceTag/cluster': '${ClusterName}' } },
  };
  expect(decisionOf(given, { context: { 'ssm:resourceTag/cluster': ['prod'] } })).toBe('allowed');
  expect(decisionOf(given, { context: { 'ssm:resourceTag/cluster': ['test'] } })).toBe('not-allowed');
});

describe('a policy that is not understood is refused', () => {
  test.each<[object, string]>([
    [{ NotAction: 'ecs:*' }, 'Statement[0]: NotAction is nothing that the simulator understands'],
    [{ Principal: '*' }, 'Statement[0]: Principal is nothing that the simulator understands'],
    [{ Effect: 'Permit' }, 'Statement[0].Effect: must be Allow or Deny'],
    [{ Action: 'ListTasks' }, 'Statement[0].Action: must be like ecs:ListTasks'],
    [{ Action: [] }, 'Statement[0].Action: must hold a text'],
    [{ Action: 1 }, 'Statement[0].Action: must be a text, or a list of texts'],
    [{ Resource: 'prod' }, 'Statement[0].Resource: must be an ARN or *'],
    [{ Sid: 'no good' }, 'Statement[0].Sid: must be of letters and digits'],
    [
      { Resource: 'arn:aws:s3:::${aws:username}/*' },
      '${aws:username} is none of the placeholders ${AWS::Partition}, ',
    ],
    [
      { Condition: { NumericEquals: { 'ecs:cluster': '1' } } },
      'Statement[0].Condition: operator NumericEquals is none',
    ],
    [{ Condition: { StringNotEquals: { 'ecs:cluster': '1' } } }, 'operator StringNotEquals is none'],
    [{ Condition: { toString: { 'ecs:cluster': '1' } } }, 'operator toString is none'],
    [{ Condition: { StringEquals: { 'ecs:task-cpu': '1' } } }, 'condition key ecs:task-cpu is none'],
    [{ Condition: { StringEquals: { 'aws:ResourceTag/': '1' } } }, 'condition key aws:ResourceTag/ is none'],
    [
      { Condition: { StringLike: { 'aws:TagKeys': '1' } } },
      'use ForAllValues:StringLike or ForAnyValue:StringLike',
    ],
    [{ Condition: { 'ForAnyValue:StringLike': { 'ecs:cluster': '1' } } }, 'leave out ForAnyValue:'],
    [{ Condition: { Null: { 'ecs:cluster': 'no' } } }, "Null of ecs:cluster must be 'true' or 'false'"],
    [{ Condition: { Null: { 'ecs:task-cpu': 'true' } } }, 'condition key ecs:task-cpu is none'],
  ])('%j', (given, message) => {
    expect(() => policy(given)).toThrow(PolicyError);
    expect(() => policy(given)).toThrow(message);
  });

  test('as a whole', () => {
    expect(() => parsePolicy({ Version: '2008-10-17', Statement: [] }, place)).toThrow(
      "Version: must be '2012-10-17'; Statement: must hold a statement",
    );
    expect(() => parsePolicy([], place)).toThrow(PolicyError);
  });
});
