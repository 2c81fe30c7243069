import { expect, it } from 'vitest';
import { hostSpecSchema } from '../../../../src/simulator/host/spec.js';

it.each([
  ['an id that is none', { ec2InstanceId: 'i-1' }],
  ['a version with a v', { ec2InstanceId: 'i-0123456789abcdef0', version: 'v1.2.3' }],
  ['staged without an offer', { ec2InstanceId: 'i-0123456789abcdef0', found: 'staged' }],
  [
    'an offer for another system',
    { ec2InstanceId: 'i-0123456789abcdef0', os: 'amazon-linux-2023', offered: '1.2.3' },
  ],
  ['a misspelt member', { ec2InstanceId: 'i-0123456789abcdef0', bott: 'ok' }],
])('refuses %s', (_, input) => {
  expect(hostSpecSchema.safeParse(input).success).toBe(false);
});
