import { describe, expect, test } from 'vitest';
import { templateFiles } from '../../../src/deploy/templates.js';
import { documentNames } from '../../../src/model/names.js';
import { callsIn, makeStack, placeholders } from '../../support/cloudformation.js';
import {
  places,
  policyStatements,
  readFile,
  roleOf,
  roleParameters,
  roleTemplate,
  statementsOf,
  workerParameters,
  workerTemplate,
} from '../../support/stacks.js';

const files = [
  { path: 'deploy/cloudformation.yaml', template: workerTemplate, role: 'TaskRole', sets: workerParameters },
  { path: 'deploy/cross-account-role.yaml', template: roleTemplate, role: 'Role', sets: roleParameters },
];

/** The only, or the first, of what a call of a function is given. */
const first = (argument: unknown): string => String(Array.isArray(argument) ? argument[0] : argument);

/** Names of parameters, resources and pseudo parameters that something refers to. */
const referencesIn = (value: unknown): string[] =>
  callsIn(value).flatMap(([name, argument]) => {
    if (name === 'Ref' || name === 'Fn::GetAtt') return [first(argument)];
    return name === 'Fn::Sub' ? placeholders(argument) : [];
  });

const conditionsIn = (value: unknown): string[] =>
  callsIn(value).flatMap(([name, argument]) =>
    name === 'Condition' || name === 'Fn::If' ? [first(argument)] : [],
  );

describe.each(files)('$path', ({ path, template, role, sets }) => {
  const text = readFile(path);
  const { Parameters, Conditions, Resources, Rules, Outputs } = template;
  const stacks = Object.entries<Record<string, string>>(sets).flatMap(([name, given]) =>
    places.map((place) => ({
      name: `${name} in ${place.partition}`,
      given,
      place,
      stack: makeStack(template, given, place),
    })),
  );

  test('is as `npm run generate` writes it', () => {
    expect(text).toBe(templateFiles(readFile)[path]);
  });

  test('can be deployed without a bucket', () => {
    // A request takes no larger one; a larger one has to be in S3 (CloudFormation user guide, quotas).
    expect(Buffer.byteLength(text)).toBeLessThan(51_200);
  });

  test('names no partition', () => {
    expect(text).not.toContain('arn:aws');
    expect(text.replaceAll('Service: ecs-tasks.amazonaws.com\n', '')).not.toContain('amazonaws');
  });

  test('refers only to what it has', () => {
    const pseudo = ['AccountId', 'NoValue', 'Partition', 'Region', 'StackName', 'URLSuffix'];
    const there = new Set([
      ...Object.keys(Parameters),
      ...Object.keys(Resources),
      ...pseudo.map((name) => `AWS::${name}`),
    ]);
    const body = { Conditions, Resources, Rules, Outputs };
    expect(referencesIn(body).filter((name) => !there.has(name))).toEqual([]);
    expect(conditionsIn(body).filter((name) => !(name in Conditions))).toEqual([]);
    const resources = Object.values(Resources);
    expect(Object.keys(Conditions)).toEqual(
      expect.arrayContaining(resources.flatMap(({ Condition }) => Condition ?? [])),
    );
    expect(Object.keys(Resources)).toEqual(
      expect.arrayContaining(resources.flatMap(({ DependsOn }) => DependsOn ?? [])),
    );
  });

  test('uses every parameter and every condition', () => {
    const body = { Conditions, Resources, Outputs };
    const ofResources = Object.values(Resources).flatMap(({ Condition }) => Condition ?? []);
    const used = new Set([...referencesIn(body), ...conditionsIn(body), ...ofResources]);
    const declared = [...Object.keys(Parameters), ...Object.keys(Conditions)];
    expect(declared.filter((name) => !used.has(name))).toEqual([]);
  });

  test('shows every parameter once, in a group', () => {
    const groups = template.Metadata['AWS::CloudFormation::Interface'].ParameterGroups;
    const shown = groups.flatMap((group) => group.Parameters);
    expect(shown.toSorted()).toEqual(Object.keys(Parameters).toSorted());
  });

  test('says of every parameter that has a form which one that is', () => {
    const silent = Object.entries(Parameters).filter(
      ([, { AllowedPattern, ConstraintDescription }]) =>
        AllowedPattern !== undefined && ConstraintDescription === undefined,
    );
    expect(silent).toEqual([]);
  });

  test.each(Object.keys(Conditions))('is looked at here with %s and without', (condition) => {
    const value = { 'Fn::If': [condition, 'with', 'without'] };
    const asking = { ...template, Resources: {}, Outputs: { it: { Description: '', Value: value } } };
    const answers = stacks.map(({ given, place }) => makeStack(asking, given, place).outputs['it']);
    expect(new Set(answers)).toEqual(new Set(['with', 'without']));
  });

  test.each(stacks)('with $name lets the worker do what the policy file says, and nothing else', (one) => {
    const { given, place, stack } = one;
    // What commands need that assume the role.
    const ofCommands = ['FindAttributes', 'ReadDocuments'];
    const listed: Record<string, string | undefined> = {
      PublishNotifications: given['NotificationTopicArns'],
      DecryptDataKeys: given['EncryptionKmsKeyArn'],
      AssumeClusterRoles: given['AssumableRoleArns'],
    };
    const values = {
      'AWS::Partition': place.partition,
      'AWS::Region': place.region,
      'AWS::AccountId': '123456789012',
      ClusterName: 'prod',
    };
    const ofOperator = policyStatements(values, 'deploy/iam-policy-operator.json').filter(
      ({ Sid }) => path === 'deploy/cross-account-role.yaml' && ofCommands.includes(Sid),
    );
    const wanted = policyStatements(values).flatMap((statement) => {
      if (statement.Sid === 'RebootThroughEc2') return given['AllowEc2Reboot'] === 'true' ? [statement] : [];
      if (!(statement.Sid in listed)) return [statement];
      const arns = listed[statement.Sid];
      return arns === undefined ? [] : [{ ...statement, Resource: arns.split(',') }];
    });
    expect(statementsOf(stack, role, 'ecs-updater')).toEqual([...wanted, ...ofOperator]);
  });

  test("keeps within the size of a role's own policies", () => {
    const sizes = stacks.map(({ stack }) => JSON.stringify(roleOf(stack, role).Policies).length);
    expect(Math.max(...sizes)).toBeLessThan(10_240);
  });

  test.each(Object.values(documentNames))('has the document %s as the product wants it', (name) => {
    const content: unknown = JSON.parse(readFile(`deploy/ssm/${name}.json`));
    const found = Object.values(Resources).filter(({ Properties }) => Properties['Name'] === name);
    expect(found).toMatchObject([
      {
        Type: 'AWS::SSM::Document',
        Condition: 'CreatesDocuments',
        Properties: {
          DocumentType: 'Command',
          UpdateMethod: 'NewVersion',
          Content: content,
        },
      },
    ]);
    // CloudFormation may make texts of numbers and of truth: it would be another content.
    expect(new Set(leavesOf(content).map((leaf) => typeof leaf))).toEqual(new Set(['string']));
    expect(callsIn(content)).toEqual([]);
  });

  test('has no documents where they are there already', () => {
    const types = stacks
      .filter(({ given }) => given['CreateDocuments'] === 'false')
      .map(({ stack }) => Object.values(stack.resources).map(({ type }) => type));
    expect(types).toHaveLength(places.length);
    expect(types.flat()).not.toContain('AWS::SSM::Document');
  });
});

const leavesOf = (value: unknown): unknown[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(leavesOf) : [value];

describe('what the templates are made of', () => {
  test('a statement that is no longer there by its name is an error', () => {
    const renamed = changing('deploy/iam-policy.json', '"RebootThroughEc2"', '"Reboot"');
    expect(() => templateFiles(renamed)).toThrow(
      /^deploy\/iam-policy\.json has no statement RebootThroughEc2, of which deploy\/cloudformation\.yaml makes an optional one\. It has ReadCluster, .*Reboot, /,
    );
  });

  test('a template without the place for them is an error', () => {
    const bare = changing('deploy/cross-account-role.yaml', '# end documents', '');
    expect(() => templateFiles(bare)).toThrow(
      "deploy/cross-account-role.yaml has no lines from '# begin documents' to '# end documents'.",
    );
  });

  test.each([
    ['deploy/iam-policy.json', '"ecs:ListTasks"', '"ecs:ListAttributes"', /Action: ecs:ListAttributes$/m],
    ['deploy/ssm/ecs-updater-reboot.json', '"apiclient reboot"', '"reboot"', /- reboot$/m],
  ])('a change of %s changes the templates', (path, was, is, written) => {
    const changed = Object.values(templateFiles(changing(path, was, is)));
    expect(changed).toEqual(changed.map(() => expect.stringMatching(written)));
  });
});

/** Reads files, one of them with a change. */
const changing =
  (changed: string, was: string, is: string) =>
  (path: string): string =>
    path === changed ? readFile(path).replace(was, is) : readFile(path);
