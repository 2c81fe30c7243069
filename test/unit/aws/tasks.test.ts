import type { Service, Task } from '@aws-sdk/client-ecs';
import { expect, test } from 'vitest';
import {
  cannotDrain,
  isDeploying,
  isSteady,
  serviceOf,
  servicesOf,
  standaloneOf,
} from '../../../src/aws/tasks.js';

const taskIn = (lastStatus: string, desiredStatus: string): Task => ({
  taskArn: `${lastStatus}-${desiredStatus}`,
  group: 'family:batch',
  lastStatus,
  desiredStatus,
});

const taskOf = (name: string, lastStatus: string): Task => ({
  group: `service:${name}`,
  startedBy: 'ecs-svc/1',
  lastStatus,
});

const replicas = (minimumHealthyPercent: number, maximumPercent: number, desiredCount = 2): Service => ({
  schedulingStrategy: 'REPLICA',
  desiredCount,
  deploymentConfiguration: { minimumHealthyPercent, maximumPercent },
});

test.each<[string, Task, string | null]>([
  ['of a service', { group: 'service:web', startedBy: 'ecs-svc/1234567890' }, 'web'],
  ['that RunTask started', { group: 'family:batch' }, null],
  ['that says it is a service’s by its group alone', { group: 'service:web', startedBy: 'me' }, null],
  [
    'that says it is a service’s by its starter alone',
    { group: 'family:batch', startedBy: 'ecs-svc/1' },
    null,
  ],
  ['of which ECS says nothing', {}, null],
])('a task %s', (_, task, service) => {
  expect(serviceOf(task)).toBe(service);
});

test('a task that nobody stops and no service started is standalone, also before it runs', () => {
  const tasks = [
    taskIn('PENDING', 'RUNNING'),
    taskIn('RUNNING', 'RUNNING'),
    taskIn('STOPPING', 'STOPPED'),
    taskIn('STOPPED', 'RUNNING'),
  ];
  expect(standaloneOf(tasks).map(({ taskArn }) => taskArn)).toEqual(['PENDING-RUNNING', 'RUNNING-RUNNING']);
});

test('services are named once, and only for tasks that have not stopped', () => {
  expect(servicesOf([taskOf('web', 'RUNNING'), taskOf('web', 'PENDING'), taskOf('old', 'STOPPED')])).toEqual([
    'web',
  ]);
});

test('only a REPLICA service that may have neither one task less nor one more cannot be drained', () => {
  expect(cannotDrain(replicas(100, 100))).toBe(true);
  expect(cannotDrain(replicas(100, 200))).toBe(false);
  expect(cannotDrain(replicas(50, 100))).toBe(false);
  expect(cannotDrain(replicas(50, 150))).toBe(false);
  // Of one task a half rounds up to one, and one and a half down to one.
  expect(cannotDrain(replicas(50, 150, 1))).toBe(true);
  expect(cannotDrain(replicas(50, 200, 1))).toBe(false);
  expect(cannotDrain(replicas(100, 100, 0))).toBe(false);
  expect(cannotDrain({ ...replicas(100, 100), schedulingStrategy: 'DAEMON' })).toBe(false);
  expect(cannotDrain({ ...replicas(100, 100), deploymentController: { type: 'CODE_DEPLOY' } })).toBe(false);
  expect(cannotDrain({})).toBe(false);
});

test('a deployment is in progress with two of them, or one that is not complete', () => {
  expect(isDeploying({ deployments: [{ rolloutState: 'COMPLETED' }] })).toBe(false);
  expect(isDeploying({ deployments: [{ rolloutState: 'IN_PROGRESS' }] })).toBe(true);
  expect(isDeploying({ deployments: [{}, {}] })).toBe(true);
  expect(isDeploying({ deployments: [{}] })).toBe(false);
  expect(isDeploying({ deployments: [{ rolloutState: 'FAILED' }] })).toBe(false);
  expect(isDeploying({})).toBe(false);
});

test('under CodeDeploy a deployment is in progress while there are two task sets', () => {
  expect(isDeploying({ deployments: [], taskSets: [{ status: 'PRIMARY' }] })).toBe(false);
  expect(isDeploying({ deployments: [], taskSets: [{ status: 'PRIMARY' }, { status: 'ACTIVE' }] })).toBe(
    true,
  );
});

test('a service is steady with all that it wants and nothing on its way', () => {
  expect(isSteady({ desiredCount: 2, runningCount: 2, pendingCount: 0 })).toBe(true);
  expect(isSteady({ desiredCount: 2, runningCount: 3, pendingCount: 0 })).toBe(true);
  expect(isSteady({ desiredCount: 2, runningCount: 1, pendingCount: 1 })).toBe(false);
  expect(isSteady({ desiredCount: 2, runningCount: 2, pendingCount: 1 })).toBe(false);
});
