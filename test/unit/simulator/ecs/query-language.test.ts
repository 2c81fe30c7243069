import { describe, expect, it } from 'vitest';
import {
  parseQuery,
  QuerySyntaxError,
  type QuerySubject,
} from '../../../../src/simulator/ecs/query-language.js';

const attributes: Record<string, string | null> = {
  'bottlerocket.variant': 'aws-ecs-2',
  'ecs.availability-zone': 'eu-central-1a',
  'ecs.instance-type': 'g2.2xlarge',
  flag: null,
};

const subject: QuerySubject = {
  agentConnected: true,
  agentVersion: '1.86.10',
  ec2InstanceId: 'i-0123456789abcdef0',
  registeredAt: Date.parse('2026-03-01T12:00:00Z'),
  runningTasksCount: 2,
  attribute: (name) => attributes[name],
  taskGroups: () => ['service:db', 'family:batch'],
};

describe('holds', () => {
  it.each([
    'attribute:bottlerocket.variant exists',
    'attribute:flag exists',
    'attribute:none !exists',
    'attribute:none not_exists',
    'attribute:bottlerocket.variant == aws-ecs-2',
    "attribute:bottlerocket.variant equals 'aws-ecs-2'",
    'attribute:none != x',
    'attribute:bottlerocket.variant =~ aws-ecs-.*',
    'attribute:bottlerocket.variant matches ^aws-ecs-\\d+(-nvidia)?(-fips)?$',
    '(attribute:ecs.instance-type =~ (g2|p3)\\.[a-z0-9]+ and agentConnected == true)',
    'attribute:ecs.instance-type =~ g2.* and attribute:ecs.availability-zone != us-east-1d',
    'attribute:ecs.availability-zone in [eu-central-1a, eu-central-1b]',
    'attribute:ecs.availability-zone !in [eu-central-1b]',
    'attribute:ecs.availability-zone not_in [eu-central-1b]',
    "ec2InstanceId in ['i-1', 'i-0123456789abcdef0']",
    'agentConnected == true',
    'agentVersion >= 1.86.9',
    'agentVersion less_than 1.100.0',
    'registeredAt < 2026-06-01',
    'registeredAt >= 2026-03-01T12:00:00',
    'registeredAt > 2026-03-01T11:59:59Z',
    'registeredAt > 2026-03-01T12:30:00+01:00',
    'runningTasksCount == 2',
    'runningTasksCount greater_than_equal 2',
    'task:group == service:db',
    'not(task:group == service:web)',
    '!(runningTasksCount == 0)',
    'runningTasksCount == 0 or (agentConnected == true && task:group exists)',
    'runningTasksCount==2&&agentConnected==true',
  ])('%s', (expression) => {
    expect(parseQuery(expression)(subject)).toBe(true);
  });
});

describe('does not hold', () => {
  it.each([
    'attribute:bottlerocket.variant !exists',
    'attribute:bottlerocket.variant =~ aws-ecs',
    'attribute:bottlerocket.variant !~ aws-ecs-[0-9]',
    'agentConnected == false',
    'agentVersion > 1.86.10',
    'runningTasksCount == 2 and runningTasksCount == 3',
    'not(task:group == service:db)',
    'runningTasksCount == 0 or runningTasksCount == 1 and agentConnected == true',
  ])('%s', (expression) => {
    expect(parseQuery(expression)(subject)).toBe(false);
  });
});

describe('is refused', () => {
  it.each([
    '',
    'attribute:x',
    'attribute:x ==',
    'nonsense == 1',
    'runningTasksCount =~ 2',
    'agentVersion in [1.2.3]',
    'runningTasksCount == many',
    'registeredAt < yesterday',
    'agentConnected == maybe',
    '(agentConnected == true',
    'agentConnected == true)',
    'ec2InstanceId in i-1',
    'ec2InstanceId in [i-1',
    "ec2InstanceId == 'i-1",
    'attribute:x =~ [a-',
    'agentConnected == true agentConnected == true',
    'agentConnected is true',
  ])('%s', (expression) => {
    expect(() => parseQuery(expression)).toThrow(QuerySyntaxError);
  });
});
