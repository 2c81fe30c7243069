import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { behindAttribute, taskQueue } from '../../src/model/names.js';
import type { RolloutReport } from '../../src/model/report.js';
import { freePort } from '../../src/temporal/servers/ports.js';
import { addedLabels, documentedMetrics } from '../support/documented-metrics.js';
import { eventually } from '../support/eventually.js';
import { metricOf, parseExposition, type Scrape, type Series } from '../support/exposition.js';
import { behind, type Fleet, hosts, startFleet } from '../support/fleet.js';
import { principals } from '../support/installation.js';
import { misses } from '../support/promql.js';
import { alertRules, dashboardQueries, grafanaDashboard } from '../support/watching.js';
import { type ProcessInstallation, startProcessInstallation } from '../support/worker-processes.js';

interface MeasuredWorker {
  scrape: () => Promise<Scrape>;
}

async function startWorker(installation: ProcessInstallation): Promise<MeasuredWorker> {
  const port = await freePort();
  installation.startWorker({}, ['--metrics-port', String(port), '--metrics-interval', '1s']);
  return {
    scrape: async () => {
      const response = await fetch(`http://127.0.0.1:${port}/metrics`);
      return parseExposition(await response.text());
    },
  };
}

/** Series with these labels, among others. */
const seriesOf = ({ series }: Scrape, name: string, labels: Record<string, string> = {}): Series[] =>
  series.filter(
    (one) =>
      one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value),
  );

const valueOf = (scrape: Scrape, name: string, labels: Record<string, string> = {}): number =>
  seriesOf(scrape, name, labels).reduce((sum, { value }) => sum + value, 0);

/** What a worker shows of clusters, but for what is not the case. */
const told = (scrape: Scrape): Record<string, number> =>
  Object.fromEntries(
    [...documentedMetrics().values()]
      .filter(({ type, labels }) => type === 'gauge' && labels.includes('cluster'))
      .flatMap(({ name }) => seriesOf(scrape, name))
      // An age is another at every moment.
      .filter(({ name, value }) => value !== 0 && !name.endsWith('_oldest_seconds'))
      .map(({ name, labels, value }) => [`${name} ${Object.values(labels).join(' ')}`, value]),
  );

/** Has a worker fail a workflow task, as after a release that cannot replay what another began. */
async function failWorkflowTask({ client }: ProcessInstallation): Promise<void> {
  const handle = await client.workflow.start('updateInstance', { taskQueue, workflowId: 'broken', args: [] });
  await eventually('a failed workflow task', async () => {
    const { events } = await handle.fetchHistory();
    return (events ?? []).some((event) => event.workflowTaskFailedEventAttributes);
  });
  await handle.terminate('it has failed its task');
}

const fallsBack = { ...behind, boot: 'falls-back' as const };

describe('the metrics of two workers that carried out a rollout', () => {
  let installation: ProcessInstallation;
  let fleet: Fleet;
  let workers: MeasuredWorker[];
  let report: RolloutReport;
  /** Of each worker, once it knows how the rollout ended. */
  let scrapes: Scrape[];

  beforeAll(async () => {
    installation = await startProcessInstallation(inject('devServer').address);
    const [a, b, c, d] = hosts('a', 'b', 'c', 'd');
    fleet = await startFleet(
      installation,
      {
        instances: [{ ...a }, { ...b, host: fallsBack }, { ...c }, { ...d }],
        services: [{ name: 'web', desiredCount: 2 }],
        tasks: [{ family: 'nightly-export', on: 'd' }],
      },
      {},
    );
    workers = await Promise.all([startWorker(installation), startWorker(installation)]);
    await installation.workerPolls();
    fleet.simulator.fault({ kind: 'refuse', as: 'throttled', times: 3, action: 'DescribeServices' });
    report = await fleet.rollOut({ quarantineAfter: '1', failureBudget: '2' });
    await failWorkflowTask(installation);
    scrapes = await Promise.all(
      workers.map(({ scrape }) =>
        eventually('the end of the rollout in the metrics', async () => {
          const scraped = await scrape();
          return valueOf(scraped, 'ecs_updater_rollout_state', { state: 'completed' }) === 1 && scraped;
        }),
      ),
    );
  });
  afterAll(async () => {
    await fleet.close();
    await installation.close();
  });

  /** The sum over both. */
  const total = (name: string, labels: Record<string, string> = {}): number =>
    scrapes.reduce((sum, scrape) => sum + valueOf(scrape, name, labels), 0);

  test('are all in docs/metrics.md, with their types and labels, and nothing else is', () => {
    const found = new Map<string, { type: string | undefined; labels: Set<string> }>();
    for (const scrape of scrapes) {
      for (const { name: series, labels } of scrape.series) {
        const name = metricOf(scrape, series);
        if (!name.startsWith('ecs_updater_')) continue;
        const metric = found.get(name) ?? { type: scrape.types.get(name), labels: new Set<string>() };
        for (const label of Object.keys(labels))
          if (label !== 'le' && !addedLabels.has(label)) metric.labels.add(label);
        found.set(name, metric);
      }
    }
    const documented = [...documentedMetrics().values()].map(({ name, type, labels }) => [
      name,
      { type, labels: new Set(labels) },
    ]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(documented));
  });

  test('count rollout, instances, phases and time out of service once, whoever did what', () => {
    expect(fleet.outcomes(report)).toEqual({
      a: 'updated',
      b: 'failed: booted-old-version',
      c: 'skipped: quarantined-version',
      d: 'skipped: standalone-task',
    });
    expect(total('ecs_updater_rollouts_total', { outcome: 'completed' })).toBe(1);
    expect(total('ecs_updater_rollouts_total')).toBe(1);
    expect(total('ecs_updater_instances_total', { outcome: 'updated' })).toBe(1);
    expect(total('ecs_updater_instances_total', { outcome: 'failed' })).toBe(1);
    expect(total('ecs_updater_instances_total', { outcome: 'skipped' })).toBe(2);
    expect(total('ecs_updater_instance_reasons_total', { reason: 'booted-old-version' })).toBe(1);
    expect(total('ecs_updater_phase_duration_seconds_count', { phase: 'rebooting' })).toBe(2);
    const rebooting = report.phases.rebooting?.totalMs ?? 0;
    expect(total('ecs_updater_phase_duration_seconds_sum', { phase: 'rebooting' })).toBeCloseTo(
      rebooting / 1000,
      2,
    );
    expect(total('ecs_updater_out_of_service_seconds_total')).toBeGreaterThanOrEqual(
      Math.floor(rebooting / 1000),
    );
  });

  test('count each request to AWS, the throttled and repeated ones too', () => {
    const ofWorkers = fleet.simulator.fleet.journal.entries.filter(
      (entry) => entry.kind === 'request' && entry.principal === principals.worker,
    );
    expect(total('ecs_updater_aws_calls_total')).toBe(ofWorkers.length);
    expect(total('ecs_updater_aws_call_duration_seconds_count')).toBe(ofWorkers.length);
    expect(total('ecs_updater_aws_calls_total', { action: 'DescribeServices', result: 'throttled' })).toBe(3);
    expect(
      total('ecs_updater_aws_retries_total', { service: 'ecs', action: 'DescribeServices' }),
    ).toBeGreaterThan(0);
  });

  test('tell for how long instances have been behind, of which the rollout wrote it down', () => {
    const [age = 0] = scrapes.map((scrape) => valueOf(scrape, 'ecs_updater_hosts_behind_oldest_seconds'));
    const sinceStart = (Date.now() - Date.parse(report.startedAt)) / 1000;
    expect(age).toBeGreaterThan((Date.parse(report.endedAt) - Date.parse(report.startedAt)) / 1000);
    expect(age).toBeLessThanOrEqual(sinceStart);
    expect(fleet.state('d').attributes[behindAttribute]).toBe(`${report.startedAt}/1.26.1`);
    expect(fleet.state('a').attributes).not.toHaveProperty([behindAttribute]);
  });

  test('show the same state on both, whichever of them did the work', () => {
    const [one, other] = scrapes.map(told);
    expect(one).toEqual(other);
    const { cluster } = fleet;
    expect(one).toMatchObject({
      [`ecs_updater_hosts_state ${cluster} updated`]: 1,
      [`ecs_updater_hosts_state ${cluster} failed`]: 1,
      [`ecs_updater_hosts_state ${cluster} quarantined-version`]: 1,
      [`ecs_updater_hosts_state ${cluster} standalone-task`]: 1,
      [`ecs_updater_hosts_version ${cluster} 1.26.0`]: 3,
      [`ecs_updater_hosts_version ${cluster} 1.26.1`]: 1,
      [`ecs_updater_hosts_behind ${cluster}`]: 3,
      [`ecs_updater_version_quarantined ${cluster} 1.26.1`]: 1,
      [`ecs_updater_rollout_failures ${cluster}`]: 1,
      [`ecs_updater_rollout_failure_budget ${cluster}`]: 2,
      [`ecs_updater_rollout_last_end_timestamp_seconds ${cluster}`]: Date.parse(report.endedAt) / 1000,
    });
  });

  describe('let each query find a series', () => {
    test.each(alertRules().map(({ alert, expr }) => [alert, expr]))('of the alert %s', (_, query) => {
      expect(misses(query, scrapes)).toEqual([]);
    });

    test.each(dashboardQueries())('of the panel %s: %s', (_, query) => {
      expect(misses(query, scrapes)).toEqual([]);
    });

    test('and of the choice of clusters', () => {
      const choice = grafanaDashboard().templating.list.find(({ name }) => name === 'cluster');
      const [, metric = '', label = ''] =
        /^label_values\((\w+), (\w+)\)$/.exec(choice?.definition ?? '') ?? [];
      expect(scrapes[0]?.series.find(({ name }) => name === metric)?.labels[label]).toBe(fleet.cluster);
    });
  });
});
