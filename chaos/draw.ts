import type { SettingsText } from '../src/config/settings.js';
import type { FaultInput } from '../src/simulator/control/faults.js';
import { createRandom, type SeededRandom } from '../src/simulator/random.js';
import type { ScenarioInput } from '../src/simulator/scenario.js';
import { several, weighted, whole } from './chance.js';
import { type Blow, type Deed, type Happening, here, type Order } from './deeds.js';
import { drawScenario, drawSettings } from './draw-fleet.js';
import { momentNames, workerPrincipal } from './moments.js';

/** Everything that chance decides of a run; how it interleaves is not decided here. */
export interface Draw {
  seed: number;
  run: number;
  scenario: Omit<ScenarioInput, 'region' | 'cluster'>;
  settings: SettingsText;
  pageSize: number | undefined;
  /** Whether AWS's own rate limits apply. */
  throttle: boolean;
  happenings: Happening[];
}

/** Draws a run: the same seed and number give the same. */
export function drawRun(seed: number, run: number): Draw {
  const random = createRandom(seed).fork(`run ${run}`);
  return {
    seed,
    run,
    scenario: drawScenario(random.fork('scenario')),
    settings: drawSettings(random.fork('settings')),
    pageSize: random.chance(0.3) ? whole(random, 1, 5) : undefined,
    throttle: random.chance(0.2),
    happenings: drawHappenings(random.fork('happenings')),
  };
}

function drawHappenings(random: SeededRandom): Happening[] {
  const happening = (deed: Deed): Happening => ({
    at: random.pick(momentNames),
    nth: weighted(random, [
      [4, 1],
      [3, whole(random, 1, 3)],
      [2, whole(random, 1, 8)],
    ]),
    delayMs: random.chance(0.6) ? 0 : whole(random, 0, 2000),
    deed,
  });
  return [
    ...several(
      weighted(random, [
        [2, 0],
        [5, 1],
        [3, 2],
      ] as const),
      () => happening(drawBlow(random)),
    ),
    ...several(
      weighted(random, [
        [5, 0],
        [4, 1],
        [1, 2],
      ] as const),
      () => happening(drawOrder(random)),
    ),
    ...several(
      weighted(random, [
        [3, 0],
        [4, 1],
        [3, 2],
      ] as const),
      () => happening(drawHand(random)),
    ),
    ...several(
      weighted(random, [
        [2, 0],
        [3, 1],
        [3, 2],
        [2, 4],
      ] as const),
      () => happening(drawFault(random)),
    ),
  ];
}

/** What happens to our own processes. */
const drawBlow = (random: SeededRandom): Blow =>
  weighted<Blow>(random, [
    [10, { kind: 'kill-worker', pauseMs: random.chance(0.7) ? 0 : whole(random, 500, 5000) }],
    [2, { kind: 'stop-worker' }],
    [2, { kind: 'freeze-worker', forMs: whole(random, 3000, 40_000) }],
    [1, { kind: 'restart-server', pauseMs: whole(random, 0, 3000) }],
  ]);

/** What an operator does with the rollout. */
const drawOrder = (random: SeededRandom): Order =>
  weighted<Order>(random, [
    [3, { kind: 'cancel-rollout' }],
    [3, { kind: 'terminate-rollout' }],
    [2, { kind: 'cancel-instance' }],
    [3, { kind: 'terminate-instance' }],
    [2, { kind: 'pause-rollout', forMs: whole(random, 500, 8000) }],
    [2, { kind: 'skip-instance' }],
    [1, { kind: 'unskip-instance' }],
    [2, { kind: 'start-again' }],
  ]);

const fleet = (what: string, fault: FaultInput): Deed => ({ kind: 'fleet', what, fault });

/** What somebody else does with the cluster. */
const drawHand = (random: SeededRandom): Deed =>
  weighted<Deed>(random, [
    [3, fleet('terminate', { kind: 'terminate', instance: here })],
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
function drawFault(random: SeededRandom): Deed {
  const selector = {
    principal: workerPrincipal,
    ...(random.chance(0.75) && { action: random.pick(actions) }),
    ...(random.chance(0.6) ? { times: whole(random, 1, 6) } : { seconds: whole(random, 5, 240) }),
  };
  return weighted<Deed>(random, [
    [
      3,
      fleet('throttled', {
        kind: 'aws-error',
        ...selector,
        code: 'ThrottlingException',
        message: 'Rate exceeded',
      }),
    ],
    [3, fleet('500', { kind: 'aws-error', ...selector, code: 'ServerException', status: 500 })],
    [1, fleet('503', { kind: 'aws-error', ...selector, code: 'ServiceUnavailable', status: 503 })],
    [4, fleet('reset before', { kind: 'reset', ...selector, when: 'before' })],
    [4, fleet('reset after', { kind: 'reset', ...selector, when: 'after' })],
    [2, fleet('HTML instead', { kind: 'garbage', ...selector, body: 'html', status: 502 })],
    [2, fleet('HTML as 200', { kind: 'garbage', ...selector, body: 'html' })],
    [2, fleet('half an answer', { kind: 'garbage', ...selector, body: 'truncated' })],
    [2, fleet('slow', { kind: 'latency', ...selector, delaySeconds: whole(random, 5, 100) })],
    [1, fleet('hang', { kind: 'latency', ...selector, delaySeconds: 400 })],
  ]);
}
