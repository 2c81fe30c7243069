import type { Client } from '@temporalio/client';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Obstacle } from '../model/obstacle.js';
import type { RolloutReport } from '../model/report.js';
import type { ExplainInput, InstanceSight } from '../model/sight.js';
import { type PastResult, pastResults, type Why, whyNot } from '../model/why.js';
import { pastReports } from '../temporal/past-rollouts.js';
import { describeSchedule, inputOf } from '../temporal/schedules.js';
import { lookAtInstance, readWorld } from '../temporal/why.js';
import { noSchedule, withTemporal } from './shared/context.js';
import { CommandError } from './shared/errors.js';
import { examples } from './shared/help.js';
import { durationOption } from './shared/options.js';
import { type OutputForm, outputOption, printed } from './shared/output.js';
import { plainText } from '../worker/plain-text.js';
import { screenOf } from './shared/screen.js';
import { type Column, textTable } from './shared/table.js';

interface WhyFlags {
  cluster: string;
  instance: string;
  output: OutputForm;
  limit: number;
}

/** Past rollouts of which the outcome is told. */
const mostPast = 5;

/** `ecs-updater why`: what stands between an instance and the newest version. */
export function whyCommand(): Command {
  return new Command('why')
    .summary('show everything that stands between an instance and the newest version')
    .description(
      'Looks at one instance, asks its host, and says what stands between it and the newest version, and when or how each of that clears. ' +
        'It touches nothing: the only thing sent to the host is the check command, and not even that while it is being updated. ' +
        'Without a worker it tells what Temporal knows.',
    )
    .requiredOption('--cluster <name>', 'name of the cluster, as its Schedule has it')
    .addOption(
      new Option('--instance <id>', 'EC2 instance id').argParser(instanceIdOption).makeOptionMandatory(),
    )
    .addOption(outputOption())
    .addOption(
      new Option('--limit <duration>', 'how long the look may take')
        .default(300_000, '5m')
        .argParser(durationOption),
    )
    .addHelpText(
      'after',
      examples(
        'ecs-updater why --cluster prod --instance i-0abc1234def567890',
        'ecs-updater why --cluster prod --instance i-0abc1234def567890 -o json',
      ),
    )
    .action(async ({ output, ...flags }: WhyFlags) => {
      await withTemporal(async (client) => {
        const why = await askWhy(client, flags);
        process.stdout.write(output === 'table' ? whyText(why) : printed(output, why));
      });
    });
}

/** EC2's ids have 8 or 17 digits; those of ECS Anywhere begin with `mi-` (SSM user guide, managed nodes). */
function instanceIdOption(text: string): string {
  if (/^(i-([0-9a-f]{8}|[0-9a-f]{17})|mi-[0-9a-f]{17})$/.test(text)) return text;
  throw new InvalidArgumentError('Give an EC2 instance id, as i-0abc1234def567890.');
}

async function askWhy(
  client: Client,
  { cluster, instance: ec2InstanceId, limit }: Omit<WhyFlags, 'output'>,
): Promise<Why> {
  const schedule = await describeSchedule(client, cluster);
  const input = schedule && inputOf(schedule);
  // In this order: what ends in between is told of twice, and not left out.
  const world = await readWorld(client, cluster, ec2InstanceId);
  const reports = await pastReports(client, cluster, mostPast);
  if (!input && !world.rollout && reports.length === 0)
    throw new CommandError(await noSchedule(client, cluster));
  const sight =
    input && world.isWorkerThere ? await look(client, { ...input, ec2InstanceId }, reports, limit) : null;
  return whyNot({
    place: { cluster, ec2InstanceId },
    now: new Date().toISOString(),
    input,
    sight,
    world,
    reports,
  });
}

/** Ends the command if the cluster has no such instance. */
async function look(
  client: Client,
  input: ExplainInput,
  reports: readonly RolloutReport[],
  limitMs: number,
): Promise<InstanceSight> {
  const sight = await lookAtInstance(client, input, limitMs);
  if (sight) return sight;
  const { cluster, ec2InstanceId } = input;
  const [last] = pastResults(reports, ec2InstanceId);
  const before = last ? ` In the rollout of ${last.startedAt} it was ${last.kind}: ${last.what}` : '';
  throw new CommandError(
    `${cluster.name}/${ec2InstanceId} is not an instance of the ECS cluster ${cluster.arn}.${before}`,
  );
}

function whyText(why: Why): string {
  const { cluster, ec2InstanceId, version, target, isUpToDate, behindSince, obstacles, past } = why;
  const runs = version === null ? 'what it runs is not known' : `it runs ${version}`;
  const late = behindSince === null ? '' : ` (rollouts leave it behind since ${behindSince})`;
  const gets = target === null || target === version ? '' : `, and would get ${target}${late}`;
  const none = isUpToDate
    ? 'nothing newer is published, so nothing stands in between'
    : 'nothing stands in between';
  const count = obstacles.length === 1 ? '1 thing stands' : `${obstacles.length} things stand`;
  const screen = screenOf();
  return [
    plainText(
      `${cluster}/${ec2InstanceId}: ${runs}${gets}; ${obstacles.length === 0 ? none : `${count} in between`}.`,
    ),
    ...(obstacles.length > 0 ? [textTable(obstacles, obstacleColumns, screen)] : []),
    ...(past.length > 0 ? [textTable(past, pastColumns, screen)] : []),
  ]
    .map((part) => `${part}\n`)
    .join('\n');
}

const obstacleColumns: readonly Column<Obstacle>[] = [
  { title: 'OBSTACLE', text: ({ code }) => code },
  {
    title: 'CLEARS',
    text: ({ clears: { byItself, at } }) => (at ? `by ${at}` : byItself ? 'by itself' : 'by hand'),
  },
  { title: 'WHAT', text: ({ what, clears: { how } }) => `${what} ${how}` },
];

const pastColumns: readonly Column<PastResult>[] = [
  { title: 'ROLLOUT', text: ({ startedAt }) => startedAt },
  { title: 'OUTCOME', text: ({ kind }) => kind },
  { title: 'WHY', text: ({ what }) => what },
];
