import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { everyCase } from '../../src/cli/demo/scenario.js';
import { surprises } from '../../src/cli/demo/verdict.js';
import { ecsUpdater } from '../support/processes.js';
import { test } from '../support/rollouts.js';

test.concurrent('every case of the demo ends as its scenario says', async ({ startFleet, expect }) => {
  const demo = everyCase('demo');
  const fleet = await startFleet(demo.scenario, { cluster: 'demo' });
  const report = await fleet.rollOut({
    maxUnavailable: String(demo.maxUnavailable),
    failureBudget: 'unlimited',
    // The shortest that let pass what takes its whole limit, and nothing else.
    drainLimit: '3m',
    rebootLimit: '8m',
  });
  expect(surprises(demo, report)).toEqual([]);
  expect(fleet.outcomes(report)).toEqual({
    'plain-1': 'updated',
    'plain-2': 'updated',
    'plain-3': 'updated',
    'plain-4': 'updated',
    current: 'skipped: up-to-date',
    'not-in-wave': 'skipped: not-in-wave',
    staged: 'updated',
    ready: 'updated',
    batch: 'skipped: standalone-task',
    legacy: 'skipped: cannot-drain',
    reports: 'rolled-back: drain-limit',
    'apply-fails': 'rolled-back: apply-failed',
    'falls-back': 'failed: booted-old-version',
    'never-returns': 'failed: reboot-limit',
    'amazon-linux': 'skipped: not-bottlerocket',
    'too-old': 'skipped: too-old',
    disconnected: 'skipped: agent-disconnected',
    'drained-by-hand': 'skipped: draining-by-others',
  });
});

test.concurrent('the demo command shows a rollout, writes its report and ends with 0', async ({ expect }) => {
  const folder = await mkdtemp(join(tmpdir(), 'demo-'));
  const file = join(folder, 'report.json');
  const { code, stdout, stderr } = await ecsUpdater(['demo', '--instances', '4', '--json', file], {});
  const report: unknown = JSON.parse(await readFile(file, 'utf8'));
  await rm(folder, { recursive: true });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(report).toMatchObject({ cluster: 'demo', counts: { updated: 4, failed: 0 }, stopped: null });
  expect(stdout).toMatch(
    /^Temporal UI +http:\/\/127\.0\.0\.1:\d+\/namespaces\/default\/workflows\/ecs-updater%2Fdemo$/m,
  );
  expect(stdout).toMatch(
    /^Simulated fleet +http:\/\/127\.0\.0\.1:\d+ .*4 instances.* 30 times as fast as life/m,
  );
  expect(stdout).toMatch(/^i-\w+ {2}eu-central-1\w {2}draining {2}1\.26\.0 → 1\.26\.1/m);
  expect(stdout.match(/^i-\w+ +updated +1\.26\.1 +- +1\.26\.1 /gm)).toHaveLength(4);
  expect(stdout).toMatch(/^The rollout took \d+ s: 4 updated\.$/m);
  expect(stdout).toContain('the audit of the fleet found no violation.');
});
