import type { FaultInput } from '../src/simulator/control/faults.js';
import type { SeededRandom } from '../src/simulator/random.js';
import { weighted, whole } from './chance.js';
import { type Deed, here } from './deeds.js';
import { workerPrincipal } from './phases.js';

const fleet = (what: string, fault: FaultInput): Deed => ({ kind: 'fleet', what, fault });

/** What somebody else does with the cluster. */
export const drawHand = (random: SeededRandom): Deed =>
  weighted<Deed>(random, [
    [2, fleet('terminate', { kind: 'terminate', instance: here })],
    [1, fleet('terminate, ghost', { kind: 'terminate', instance: here, leavesGhost: true })],
    [2, fleet('terminate by group', { kind: 'asg-terminate', instance: here })],
    [1, fleet('deregister', { kind: 'deregister', instance: here })],
    [1, fleet('join', { kind: 'join', like: here })],
    [1, fleet('update by hand', { kind: 'update-by-hand', instance: here, version: '1.26.1' })],
    [
      1,
      fleet('stage by hand', { kind: 'update-by-hand', instance: here, version: '1.26.2', found: 'staged' }),
    ],
    [1, fleet('delete a service', { kind: 'delete-service', service: 'service-1' })],
    [2, fleet('set ACTIVE', { kind: 'set-state', instance: here, status: 'ACTIVE' })],
    [2, fleet('set DRAINING', { kind: 'set-state', instance: here, status: 'DRAINING' })],
    [2, fleet('reboot', { kind: 'reboot', instance: here })],
    [2, fleet('run a task', { kind: 'run-task', durationSeconds: whole(random, 20, 300) })],
    [1, fleet('run a long task', { kind: 'run-task' })],
    [2, fleet('protect a task', { kind: 'protect-task', instance: here, minutes: whole(random, 1, 30) })],
    [1, fleet('stop a task', { kind: 'stop-task', instance: here })],
    [
      3,
      fleet('cut off the agent', {
        kind: 'agent',
        instance: here,
        connected: false,
        forSeconds: whole(random, 5, 200),
      }),
    ],
    [2, fleet('deploy', { kind: 'update-service', service: 'service-1', forceNewDeployment: true })],
    [1, fleet('scale', { kind: 'update-service', service: 'service-1', desiredCount: whole(random, 0, 8) })],
    [
      3,
      fleet('change the host', {
        kind: 'amend-host',
        instance: here,
        host: random.pick([
          { boot: 'falls-back' },
          { boot: 'never-returns' },
          { apply: 'fails-activate' },
          { reboot: 'refused' },
          { reboot: 'ignored' },
          { bootDelaySeconds: 1200 },
          { apply: 'not-found' },
          { updateLock: 'held' },
          { inWave: false },
          { repository: 'unreachable' },
          { ssm: 'connection-lost' },
          { output: 'garbage' },
          { offered: null },
          { offered: '1.26.2' },
        ]),
      }),
    ],
  ]);

const actions = [
  'ListContainerInstances',
  'DescribeContainerInstances',
  'UpdateContainerInstancesState',
  'PutAttributes',
  'DeleteAttributes',
  'ListTasks',
  'DescribeTasks',
  'DescribeServices',
  'SendCommand',
  'ListCommands',
  'ListCommandInvocations',
  'CancelCommand',
  'DescribeInstances',
  'DescribeInstanceStatus',
];

/** What goes wrong between the worker and AWS. Every one of these ends. */
export function drawFault(random: SeededRandom): Deed {
  const selector = {
    principal: workerPrincipal,
    ...(random.chance(0.75) && { action: random.pick(actions) }),
    ...(random.chance(0.6) ? { times: whole(random, 1, 6) } : { seconds: whole(random, 5, 240) }),
  };
  return weighted<Deed>(random, [
    [4, fleet('throttled', { kind: 'refuse', ...selector, as: 'throttled' })],
    [3, fleet('500', { kind: 'aws-error', ...selector, code: 'ServerException', status: 500 })],
    [1, fleet('503', { kind: 'aws-error', ...selector, code: 'ServiceUnavailable', status: 503 })],
    [4, fleet('reset before', { kind: 'reset', ...selector, when: 'before' })],
    [4, fleet('reset after', { kind: 'reset', ...selector, when: 'after' })],
    [2, fleet('HTML instead', { kind: 'garbage', ...selector, body: 'html', status: 502 })],
    [2, fleet('HTML as 200', { kind: 'garbage', ...selector, body: 'html' })],
    [2, fleet('half an answer', { kind: 'garbage', ...selector, body: 'truncated' })],
    [2, fleet('slow', { kind: 'latency', ...selector, delaySeconds: whole(random, 5, 100) })],
    [1, fleet('hang before', { kind: 'hang', ...selector, when: 'before' })],
    [1, fleet('hang after', { kind: 'hang', ...selector, when: 'after' })],
    [
      1,
      fleet('500 after', {
        kind: 'aws-error',
        ...selector,
        code: 'ServerException',
        status: 500,
        when: 'after',
      }),
    ],
    [1, fleet('empty 503', { kind: 'garbage', ...selector, body: 'empty', status: 503 })],
    [1, fleet('expired', { kind: 'refuse', ...selector, as: 'expired' })],
    [3, fleet('denied', { kind: 'refuse', ...drawDenial(random), as: 'denied' })],
    [3, fleet('failures', { kind: 'failures', ...drawFailures(random) })],
    [3, fleet('odd pages', { kind: 'pages', ...drawPages(random) })],
    [4, fleet('command mishap', { kind: 'command', ...drawMishap(random) })],
  ]);
}

/** Each of these ends a rollout, so they are few. */
const drawDenial = (random: SeededRandom) => ({
  principal: workerPrincipal,
  action: random.pick(actions),
  ...(random.chance(0.5) ? { times: whole(random, 1, 2) } : { seconds: whole(random, 5, 60) }),
});

/** Once: what is called missing twice is missing. */
const drawFailures = (random: SeededRandom) => ({
  principal: workerPrincipal,
  action: random.pick([
    'DescribeContainerInstances',
    'UpdateContainerInstancesState',
    'DescribeTasks',
    'DescribeServices',
  ]),
  most: whole(random, 1, 5),
  times: 1,
});

const drawPages = (random: SeededRandom) => ({
  principal: workerPrincipal,
  action: random.pick(['ListContainerInstances', 'ListTasks', 'ListCommands', 'ListCommandInvocations']),
  trouble: random.pick(['short', 'empty', 'shuffled', 'repeated-token'] as const),
  times: whole(random, 1, 20),
});

const drawMishap = (random: SeededRandom) => ({
  mishap: random.pick(['late', 'twice', 'result-lost'] as const),
  document: random.pick(['-check', '-apply', '-reboot']),
  times: whole(random, 1, 2),
  delaySeconds: whole(random, 1, 400),
});
