import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const rule = z.strictObject({
  alert: z.string().regex(/^EcsUpdater[A-Za-z]+$/),
  expr: z.string().min(1),
  for: z.string().regex(/^\d+[mhd]$/),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning', 'info']) }),
  annotations: z.strictObject({
    summary: z.string().min(1),
    description: z.string().min(1),
    runbook: z.string().startsWith('docs/operations.md#'),
  }),
});

const rules = z.strictObject({
  groups: z.tuple([z.strictObject({ name: z.string(), rules: z.array(rule).min(1) })]),
});

export type AlertRule = z.infer<typeof rule>;

/** The alert rules that we ship. */
export const alertRules = (): AlertRule[] =>
  rules.parse(parse(readFileSync('deploy/prometheus/alerts.yaml', 'utf8'))).groups[0].rules;

const dataSource = z.object({ type: z.literal('prometheus'), uid: z.literal('${datasource}') });

const dashboard = z.object({
  uid: z.literal('ecs-updater'),
  templating: z.object({
    list: z.array(z.object({ name: z.string(), type: z.string(), definition: z.string().optional() })),
  }),
  panels: z.array(
    z.object({
      id: z.int(),
      type: z.string(),
      title: z.string().min(1),
      gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
      datasource: dataSource.optional(),
      targets: z.array(z.object({ datasource: dataSource, expr: z.string().min(1) })).optional(),
    }),
  ),
});

export type Dashboard = z.infer<typeof dashboard>;

/** The Grafana dashboard that we ship. */
export const grafanaDashboard = (): Dashboard =>
  dashboard.parse(JSON.parse(readFileSync('deploy/grafana/dashboard.json', 'utf8')));

/** Its queries, by the title of their panel, with what Grafana puts in place of variables when all clusters are chosen. */
export const dashboardQueries = (): [title: string, query: string][] =>
  grafanaDashboard().panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }): [string, string] => [
      title,
      expr.replaceAll('$__rate_interval', '5m').replaceAll('$cluster', '.*'),
    ]),
  );
