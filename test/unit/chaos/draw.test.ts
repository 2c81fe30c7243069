import { expect, test } from 'vitest';
import { drawRun } from '../../../chaos/draw.js';
import { here } from '../../../chaos/deeds.js';
import { parseSettings } from '../../../src/config/settings.js';
import { faultSchema } from '../../../src/simulator/control/faults.js';
import { parseScenario } from '../../../src/simulator/scenario.js';

const draws = Array.from({ length: 500 }, (_, index) => drawRun(1, index + 1));

test('the same seed and number draw the same run, another number another', () => {
  expect(drawRun(7, 3)).toEqual(drawRun(7, 3));
  expect(drawRun(7, 3)).not.toEqual(drawRun(7, 4));
  expect(drawRun(7, 3)).not.toEqual(drawRun(8, 3));
});

test('whatever is drawn is a cluster that can be built and settings that can be used', () => {
  for (const { scenario, settings } of draws) {
    const built = parseScenario({ ...scenario, cluster: 'drawn', region: 'eu-chaosaaa-1' });
    expect(built.instances.length).toBeGreaterThanOrEqual(3);
    expect(parseSettings(settings).limits.drainMs).toBeGreaterThan(0);
  }
});

test('whatever is done to a fleet is a fault that the simulator knows', () => {
  const faults = draws
    .flatMap(({ happenings }) => happenings)
    .flatMap(({ deed }) => (deed.kind === 'fleet' ? [deed.fault] : []));
  expect(faults.length).toBeGreaterThan(300);
  for (const fault of faults) faultSchema.parse(fault);
  expect(faults.some((fault) => 'instance' in fault && fault.instance === here)).toBe(true);
});

test('500 runs strike at every moment and in every way', () => {
  const happenings = draws.flatMap((draw) => draw.happenings);
  expect(new Set(happenings.map(({ at }) => at)).size).toBe(20);
  expect(new Set(happenings.map(({ deed }) => deed.kind)).size).toBe(16);
});
