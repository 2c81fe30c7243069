import { expect, test } from 'vitest';
import { Refused } from '../../support/cloudformation.js';
import { otherRoleArn, roleOf, roleParameters, roleStack } from '../../support/stacks.js';

const { least, everything } = roleParameters;

test('the role for a cluster elsewhere is only for those who are named, and know the external id', () => {
  const role = roleOf(roleStack(everything), 'Role');
  expect(role.RoleName).toBe('rollouts');
  expect(role.AssumeRolePolicyDocument.Statement).toEqual([
    {
      Effect: 'Allow',
      Principal: { AWS: [otherRoleArn, `${otherRoleArn}-2`] },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': 'k7-rollouts' } },
    },
  ]);
});

test.each<[string, Record<string, string>, RegExp]>([
  [
    'without an external id',
    { ClusterName: 'prod', TrustedRoleArns: otherRoleArn },
    /\[ExternalId\] must have/,
  ],
  ['for anybody', { ...least, TrustedRoleArns: '*' }, /^Parameter TrustedRoleArns are ARNs of IAM roles/],
  [
    'for a whole account',
    { ...least, TrustedRoleArns: 'arn:aws:iam::210987654321:root' },
    /^Parameter TrustedRoleArns are ARNs of IAM roles/,
  ],
])('it is not made %s', (_, given, message) => {
  expect(() => roleStack(given)).toThrow(Refused);
  expect(() => roleStack(given)).toThrow(message);
});
