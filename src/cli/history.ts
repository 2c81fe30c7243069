import { Command, InvalidArgumentError, Option } from 'commander';
import { explainStop, formatMs } from '../model/explain.js';
import { tookMs } from '../model/rollout-record.js';
import {
  type InstanceInRollout,
  instanceHistory,
  type PastRollout,
  pastRollouts,
} from '../temporal/past-rollouts.js';
import { withTemporal } from './shared/context.js';
import { CommandError } from './shared/errors.js';
import { examples } from './shared/help.js';
import { wholeNumber } from './shared/options.js';
import { type OutputForm, outputOption, printed } from './shared/output.js';
import { screenOf } from './shared/screen.js';
import { type Column, textTable } from './shared/table.js';

interface HistoryFlags {
  cluster: string;
  instance?: string;
  limit: number;
  output: OutputForm;
}

/** `ecs-updater history`: rollouts that are over. */
export function historyCommand(): Command {
  return new Command('history')
    .summary('list the rollouts of a cluster, or what happened to one of its instances')
    .description(
      'The newest rollout comes first, also if it still runs. Goes back as far as Temporal keeps what is over (the retention of the ' +
        'namespace). ROLLOUT is what report --run takes. Counts of a rollout that runs or gave no report need a worker.',
    )
    .requiredOption('--cluster <name>', 'name of the cluster, as its Schedule has it')
    .option('--instance <id>', 'EC2 instance id')
    .addOption(new Option('--limit <n>', 'most rollouts').default(20).argParser(limitOption))
    .addOption(outputOption())
    .addHelpText(
      'after',
      examples(
        'ecs-updater history --cluster prod',
        'ecs-updater history --cluster prod --limit 100 -o json',
        'ecs-updater history --cluster prod --instance i-0abc1234def567890',
      ),
    )
    .action(async (flags: HistoryFlags) => {
      await withTemporal(async (client) => {
        const { cluster, instance, limit, output } = flags;
        if (instance === undefined) {
          const rollouts = await pastRollouts(client, cluster, limit);
          if (rollouts.length === 0) throw new CommandError(nothing(cluster));
          process.stdout.write(
            output === 'table'
              ? `${textTable(rollouts, rolloutColumns, screenOf())}\n`
              : printed(output, rollouts.map(forPrograms)),
          );
          return;
        }
        const records = await instanceHistory(client, cluster, instance, limit);
        if (records.length === 0) throw new CommandError(nothing(`${cluster}/${instance}`));
        process.stdout.write(
          output === 'table'
            ? `${textTable(records, instanceColumns, screenOf())}\n`
            : printed(output, records),
        );
      });
    });
}

const nothing = (subject: string): string =>
  `no rollout of ${subject} is known; Temporal keeps them for the retention of the namespace. See: ecs-updater status`;

function limitOption(text: string): number {
  const number = wholeNumber(text);
  if (number < 1 || number > 1000) throw new InvalidArgumentError('Give 1 to 1000.');
  return number;
}

const count = (
  title: string,
  kind: keyof NonNullable<PastRollout['report']>['counts'],
): Column<PastRollout> => ({
  title,
  text: ({ report }) => (report ? String(report.counts[kind]) : '?'),
});

const rolloutColumns: readonly Column<PastRollout>[] = [
  { title: 'STARTED', text: ({ startedAt }) => seconds(startedAt) },
  { title: 'TOOK', text: ({ startedAt, endedAt }) => took(Date.parse(startedAt), endedAt) },
  {
    title: 'STATE',
    text: stateWord,
    paint: (word, { state, report }, colors) =>
      state === 'running'
        ? colors.cyan(word)
        : state !== 'completed'
          ? colors.red(word)
          : report?.stopped
            ? colors.yellow(word)
            : word,
  },
  count('UPDATED', 'updated'),
  count('SKIPPED', 'skipped'),
  { ...count('ROLLED BACK', 'rolled-back'), spare: 4 },
  count('FAILED', 'failed'),
  { ...count('GONE', 'gone'), spare: 2 },
  { ...count('NOT STARTED', 'not-started'), spare: 3 },
  { title: 'ROLLOUT', text: ({ rolloutId }) => rolloutId, spare: 1 },
  { title: 'HOW IT ENDED', text: ending },
];

/** A rollout that was stopped is complete for the server. */
function stateWord({ state, report }: PastRollout): string {
  return state === 'completed' && report?.stopped
    ? report.stopped.by === 'cancelled'
      ? 'cancelled'
      : 'stopped'
    : state;
}

function ending({ state, report, brokeOff }: PastRollout): string {
  if (brokeOff !== null) return brokeOff;
  const stopped = report?.stopped ? explainStop(report.stopped) : '';
  if (state === 'running') return stopped && `starts nothing new: ${stopped}`;
  return stopped;
}

const forPrograms = (rollout: PastRollout): object => {
  const { report, ...plain } = rollout;
  const { counts = null, failures = null, stopped = null, steering = [] } = report ?? {};
  return { ...plain, counts, failures, stopped, steering };
};

const instanceColumns: readonly Column<InstanceInRollout>[] = [
  { title: 'STARTED', text: ({ spans, rollout }) => seconds(spans[0]?.from ?? rollout.startedAt) },
  {
    title: 'TOOK',
    text: ({ spans }) => {
      const ms = tookMs(spans, Date.now());
      return ms === null ? '-' : formatMs(ms);
    },
  },
  { title: 'STATE', text: ({ state }) => state },
  { title: 'FROM', text: ({ from }) => from ?? '-' },
  { title: 'TARGET', text: ({ to }) => to ?? '-' },
  { title: 'ROLLOUT', text: ({ rollout }) => rollout.rolloutId, spare: 1 },
  { title: 'REASON', text: ({ reason }) => reason },
];

const took = (startMs: number, endedAt: string | null): string =>
  formatMs((endedAt === null ? Date.now() : Date.parse(endedAt)) - startMs);

/** `2026-03-01 12:00:00Z`. */
const seconds = (iso: string): string => iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
