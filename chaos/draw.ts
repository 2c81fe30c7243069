import type { SettingsText } from '../src/config/settings.js';
import { createRandom, type SeededRandom } from '../src/simulator/random.js';
import type { ScenarioInput } from '../src/simulator/scenario.js';
import { several, weighted, whole } from './chance.js';
import type { Blow, Deed, Happening, Order } from './deeds.js';
import { drawFault, drawHand } from './draw-faults.js';
import { drawScenario, drawSettings } from './draw-fleet.js';
import { type MomentName, momentNames } from './moments.js';

/** Everything that chance decides of a run; how it interleaves is not decided here. */
export interface Draw {
  seed: number;
  run: number;
  scenario: Omit<ScenarioInput, 'region' | 'cluster'>;
  settings: SettingsText;
  pageSize: number | undefined;
  /** In how many rollouts of the run, one after the other, what was drawn may happen. */
  disturbed: number;
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
    disturbed: random.chance(0.3) ? 2 : 1,
    happenings: drawHappenings(random.fork('happenings')),
  };
}

function drawHappenings(random: SeededRandom): Happening[] {
  const happening = (deed: Deed): Happening => ({
    at: drawMoment(random),
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

/** The phases with few moments have their share too. */
const drawMoment = (random: SeededRandom): MomentName =>
  weighted(random, [
    ...momentNames.map((name) => [1, name] as const),
    [3, 'health read'],
    [1, 'machine read'],
    [1, 'set active'],
    [1, 'services read'],
  ]);

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
    [2, { kind: 'hold-instance' }],
    [1, { kind: 'unhold-instance' }],
    [2, { kind: 'clear-all' }],
  ]);
