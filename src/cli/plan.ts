import { Command, Option } from 'commander';
import { resultRows, type Row } from './shared/rows.js';
import type { RolloutPlan } from '../model/report.js';
import { planRollout } from '../temporal/rollouts.js';
import { scheduledInput, withTemporal } from './shared/context.js';
import { examples } from './shared/help.js';
import { durationOption } from './shared/options.js';
import { instanceTable } from './shared/table.js';

interface PlanFlags {
  cluster: string;
  output: 'table' | 'json';
  limit: number;
}

/** `ecs-updater plan`: what a rollout would do now. */
export function planCommand(): Command {
  return new Command('plan')
    .summary('show what a rollout would do now')
    .description(
      'Looks at every instance and asks every host, as a rollout does, with the settings of the Schedule, and touches none: ' +
        'the only thing sent to hosts is the check command. Needs a worker.',
    )
    .requiredOption('--cluster <name>', 'name of the cluster, as its Schedule has it')
    .addOption(
      new Option('-o, --output <form>', 'how to print it').choices(['table', 'json']).default('table'),
    )
    .addOption(
      new Option('--limit <duration>', 'how long the plan may take')
        .default(600_000, '10m')
        .argParser(durationOption),
    )
    .addHelpText(
      'after',
      examples('ecs-updater plan --cluster prod', 'ecs-updater plan --cluster prod -o json'),
    )
    .action(async ({ cluster, output, limit }: PlanFlags) => {
      await withTemporal(async (client) => {
        const plan = await planRollout(client, await scheduledInput(client, cluster), limit);
        process.stdout.write(output === 'json' ? `${JSON.stringify(plan, null, 2)}\n` : planText(plan));
      });
    });
}

function planText(plan: RolloutPlan): string {
  const zoneOf = new Map(Object.entries(plan.zones).flatMap(([zone, ids]) => ids.map((id) => [id, zone])));
  const updates: Row[] = plan.updates.map(({ ec2InstanceId, from, to, found }, i) => ({
    instance: ec2InstanceId,
    zone: zoneOf.get(ec2InstanceId) ?? '',
    state: 'update',
    version: from,
    target: to,
    since: '',
    reason: `would be number ${i + 1}${found === 'Available' ? '' : `; the update is ${found} on the host already`}.`,
  }));
  const others = resultRows(plan.groups, plan.zones);
  const summary = `${plan.cluster}: ${updates.length} of ${updates.length + others.length} instances would be updated.`;
  return `${instanceTable([...updates, ...others], process.stdout.columns)}\n\n${summary}\n`;
}
