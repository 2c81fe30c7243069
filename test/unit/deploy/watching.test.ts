import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { documentedMetrics } from '../../support/documented-metrics.js';
import { parseQuery } from '../../support/promql.js';
import { alertRules, dashboardQueries, grafanaDashboard } from '../../support/watching.js';

const documented = documentedMetrics();

/** Metrics of ours in a query that no page describes. */
const undocumented = (query: string): string[] =>
  parseQuery(query)
    .selectors.map(({ metric }) => metric.replace(/_(bucket|sum|count)$/, ''))
    .filter((metric) => metric.startsWith('ecs_updater_') && !documented.has(metric));

describe('the alert rules', () => {
  const page = readFileSync('docs/operations.md', 'utf8');

  test.each(alertRules())('$alert has a section in the runbook, and asks for documented metrics', (rule) => {
    expect(page).toContain(`\n### ${rule.alert}\n`);
    expect(rule.annotations.runbook).toBe(`docs/operations.md#${rule.alert.toLowerCase()}`);
    expect(undocumented(rule.expr)).toEqual([]);
  });

  test('are all that the runbook has', () => {
    const sections = [...page.matchAll(/^### (EcsUpdater\w+)$/gm)].map(([, name]) => name);
    expect(sections).toEqual(alertRules().map(({ alert }) => alert));
  });
});

describe('the dashboard', () => {
  const { panels, templating } = grafanaDashboard();

  test('lets one choose the data source and the clusters', () => {
    expect(templating.list.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['cluster', 'query'],
    ]);
  });

  test('has panels with ids of their own, that lie on no other', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  test.each(dashboardQueries())('asks for documented metrics: %s', (_, query) => {
    expect(undocumented(query)).toEqual([]);
  });
});
