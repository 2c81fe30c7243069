import type { Client } from '@temporalio/client';
import { Command, Option } from 'commander';
import { type Estimate, estimate } from '../model/estimate.js';
import { explainEstimate } from '../model/explain-estimate.js';
import { explainRisk } from '../model/explain-risk.js';
import type { RolloutPlan } from '../model/report.js';
import { type Risk, type Risks, subjectOfRisk } from '../model/risk.js';
import type { RolloutInput } from '../model/steering.js';
import { serverError } from '../temporal/errors.js';
import { pastReports } from '../temporal/past-rollouts.js';
import { planRollout } from '../temporal/rollouts.js';
import { scheduledInput, withTemporal } from './shared/context.js';
import { exitCodes } from './shared/errors.js';
import { examples } from './shared/help.js';
import { instanceTable } from './shared/instance-table.js';
import { durationOption } from './shared/options.js';
import { type OutputForm, outputOption, printed } from './shared/output.js';
import { resultRows, type Row } from '../model/rows.js';
import { type Screen, screenOf } from './shared/screen.js';
import { textTable } from './shared/table.js';

interface PlanFlags {
  cluster: string;
  output: OutputForm | 'wide';
  limit: number;
  detailedExitcode?: true;
}

/** Past rollouts from which the time is estimated. */
const mostPast = 5;

/** `ecs-updater plan`: what a rollout would do now. */
export function planCommand(): Command {
  return new Command('plan')
    .summary('show what a rollout would do now')
    .description(
      'Looks at every instance and asks every host, as a rollout does, with the settings of the Schedule, and touches none: ' +
        'the only thing sent to hosts is the check command. Names the services and tasks at risk, and estimates the time that a rollout ' +
        'would take. Needs a worker.',
    )
    .requiredOption('--cluster <name>', 'name of the cluster, as its Schedule has it')
    .addOption(outputOption('wide'))
    .addOption(
      new Option('--limit <duration>', 'how long the plan may take')
        .default(600_000, '10m')
        .argParser(durationOption),
    )
    .option('--detailed-exitcode', 'exit code 4, not 0, if an instance would be updated')
    .addHelpText(
      'after',
      examples(
        'ecs-updater plan --cluster prod',
        'ecs-updater plan --cluster prod -o json',
        'ecs-updater plan --cluster prod --detailed-exitcode',
      ),
    )
    .action(async ({ cluster, output, limit, detailedExitcode }: PlanFlags) => {
      await withTemporal(async (client) => {
        const input = await scheduledInput(client, cluster);
        const plan = await planRollout(client, input, limit);
        const preview = { ...plan, estimate: await estimateOf(client, input, plan) };
        const isForPeople = output === 'table' || output === 'wide';
        process.stdout.write(
          isForPeople ? previewText(preview, output === 'wide') : printed(output, preview),
        );
        if (detailedExitcode && plan.updates.length > 0) process.exitCode = exitCodes.updates;
      });
    });
}

async function estimateOf(client: Client, input: RolloutInput, plan: RolloutPlan): Promise<Estimate | null> {
  if (plan.updates.length === 0) return null;
  const past = await pastReports(client, input.cluster.name, mostPast).catch((err: unknown) => {
    // Whoever may not list workflows gets the plan all the same.
    const refused = serverError(err);
    if (refused) return refused;
    throw err;
  });
  return estimate(plan.updates.length, plan.capacity, past, input.settings.stopStartingAfterMs);
}

function previewText(plan: RolloutPlan & { estimate: Estimate | null }, wide: boolean): string {
  const { updates, groups, zones, cluster, capacity } = plan;
  const zoneOf = new Map(Object.entries(zones).flatMap(([zone, ids]) => ids.map((id) => [id, zone])));
  const toUpdate: Row[] = updates.map(({ ec2InstanceId, from, to, found }, i) => ({
    instance: ec2InstanceId,
    zone: zoneOf.get(ec2InstanceId) ?? '',
    state: 'update',
    standing: 'waiting',
    version: from,
    targetState: 'draining',
    target: to,
    attempts: 0,
    since: '',
    reason: `would be number ${i + 1}${found === 'Available' ? '' : `; the update is ${found} on the host already`}.`,
  }));
  const others = resultRows(groups, zones, cluster);
  const screen = screenOf();
  const { outOfService, allowed } = capacity;
  const noneFree =
    updates.length > 0 && outOfService >= allowed
      ? `None could start now: ${outOfService} out of service already, ${allowed} may be.`
      : '';
  return [
    instanceTable([...toUpdate, ...others], screen, { wide }),
    risksText(plan.risks, screen),
    [
      `${cluster}: ${toUpdate.length} of ${toUpdate.length + others.length} instances would be updated.`,
      noneFree,
      plan.estimate ? explainEstimate(plan.estimate) : '',
    ]
      .filter((sentence) => sentence !== '')
      .join('\n'),
  ]
    .filter((part) => part !== '')
    .map((part) => `${part}\n`)
    .join('\n');
}

function risksText({ risks, more, unjudged }: Risks, screen: Screen): string {
  if (risks.length === 0 && unjudged === 0) return '';
  const columns = [
    { title: 'AT RISK', text: ({ code }: Risk) => code },
    { title: 'WHAT', text: subjectOfRisk },
    { title: 'WHY', text: explainRisk },
  ];
  return [
    ...(risks.length > 0 ? [textTable(risks, columns, screen)] : []),
    ...(more > 0 ? [`and ${more} more.`] : []),
    ...(unjudged > 0
      ? [`For ${unjudged} services no room was sought: the cluster has too many placement constraints.`]
      : []),
  ].join('\n');
}
