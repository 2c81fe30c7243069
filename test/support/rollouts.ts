import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, inject } from 'vitest';
import type { ScenarioInput } from '../../src/simulator/scenario.js';
import { closeAll } from './close-all.js';
import { type Fleet, type FleetOptions, startFleet } from './fleet.js';
import { startInstallation } from './installation.js';

/**
 * Tests with `startFleet`, and a `folder` for the files of one test. Each fleet is a cluster in a simulated account of its own; the file has one worker, on a Temporal namespace
 * of its own. When a test is over, each of its fleets is checked for what must hold always.
 */
export const test = base
  .extend('server', { scope: 'file' }, () => inject('devServer'))
  .extend('installation', { scope: 'file' }, async ({ server }, { onCleanup }) => {
    const installation = await startInstallation(server.address);
    onCleanup(() => installation.close());
    return installation;
  })
  .extend('startFleet', async ({ installation }, { onCleanup }) => {
    const fleets: Fleet[] = [];
    onCleanup(async () => {
      await closeAll(fleets);
    });
    return async (scenario: ScenarioInput, options: FleetOptions = {}): Promise<Fleet> => {
      const fleet = await startFleet(installation, scenario, options);
      fleets.push(fleet);
      return fleet;
    };
  })
  .extend('folder', async ({ task: _task }, { onCleanup }) => {
    const folder = await mkdtemp(join(tmpdir(), 'ecs-updater-'));
    onCleanup(() => rm(folder, { recursive: true }));
    return folder;
  });
