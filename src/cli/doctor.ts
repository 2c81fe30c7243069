import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { defaultFile } from '../config/load.js';
import { batches } from '../model/batches.js';
import type { Finding } from '../model/examination.js';
import { scheduledClusters } from '../temporal/schedules.js';
import { temporalTarget } from '../temporal/target.js';
import { examineCluster, type Patient } from './doctor/clusters.js';
import { examineTemporal, type FoundTemporal, lookAt } from './doctor/temporal.js';
import { configFrom } from './shared/config-file.js';
import { defaultInstallation } from './shared/context.js';
import { exitCodes } from './shared/errors.js';
import { examples } from './shared/help.js';
import { durationOption } from './shared/options.js';
import { type OutputForm, outputOption, printed } from './shared/output.js';
import { screenOf } from './shared/screen.js';
import { textTable } from './shared/table.js';

interface DoctorFlags {
  file?: string;
  cluster?: string;
  output: OutputForm;
  limit: number;
}

/** A finding, and the cluster that it is about; null: all of them. */
type Line = Finding & { cluster: string | null };

/** `ecs-updater doctor`: does everything work that a rollout needs? */
export function doctorCommand(): Command {
  return new Command('doctor')
    .summary('check everything that rollouts need')
    .description(
      `Looks at Temporal, and for each cluster at its Schedule, credentials, role, every permission that can be tried without writing, the SSM documents and the SSM agent of every
instance; changes nothing. A worker is asked to look, with its own permissions; without one it is done with yours. Clusters are those
of the file or, where there is none, those that have a Schedule. Exit code 1 if anything has failed.`.replaceAll(
        '\n',
        ' ',
      ),
    )
    .option('-f, --file <file>', `configuration file (default: ${defaultFile}, if it is there)`)
    .option('--cluster <name>', 'only this cluster')
    .addOption(outputOption())
    .addOption(
      new Option('--limit <duration>', 'how long a worker may take for one cluster')
        .default(120_000, '2m')
        .argParser(durationOption),
    )
    .addHelpText(
      'after',
      examples('ecs-updater doctor', 'ecs-updater doctor --cluster prod', 'ecs-updater doctor -o json'),
    )
    .action(async (flags: DoctorFlags) => {
      const file = flags.file ?? (existsSync(defaultFile) ? defaultFile : null);
      const config =
        file === null
          ? null
          : await configFrom(file, { installation: defaultInstallation(temporalTarget()) });
      const inFile = config?.clusters.map((one): Patient => ({ name: one.name, config: one })) ?? null;
      const temporal = await examineTemporal();
      try {
        const lines = await examineAll(temporal, inFile, flags);
        process.stdout.write(flags.output === 'table' ? text(lines) : printed(flags.output, answerOf(lines)));
        if (hasFailed(lines)) process.exitCode = exitCodes.failed;
      } finally {
        await temporal.close();
      }
    });
}

const hasFailed = (lines: readonly Line[]): boolean => lines.some(({ status }) => status === 'failed');

const answerOf = (lines: readonly Line[]) => ({ ok: !hasFailed(lines), findings: lines });

/** Clusters that are looked at side by side. */
const atOnce = 5;

async function examineAll(
  temporal: FoundTemporal,
  inFile: readonly Patient[] | null,
  { cluster, limit }: DoctorFlags,
): Promise<Line[]> {
  const lines: Line[] = temporal.findings.map((finding) => ({ cluster: null, ...finding }));
  const all = inFile ?? (await scheduled(temporal, lines));
  // One that is not in the file may have a Schedule.
  const patients =
    cluster === undefined ? all : [all.find(({ name }) => name === cluster) ?? { name: cluster }];
  if (patients.length === 0) {
    lines.push({
      cluster: null,
      what: 'clusters',
      status: 'failed',
      fact: 'there are none to look at: no file, and no Schedule',
      remedy: 'Write a file with: ecs-updater init.',
    });
  }
  for (const batch of batches(patients, atOnce)) {
    const found = await Promise.all(batch.map((patient) => examineCluster(temporal, patient, limit)));
    for (const [number, findings] of found.entries()) {
      const name = batch[number]?.name ?? null;
      lines.push(...findings.map((finding) => ({ cluster: name, ...finding })));
    }
  }
  return lines;
}

async function scheduled({ client }: FoundTemporal, lines: Line[]): Promise<Patient[]> {
  if (!client) return [];
  let names: string[] = [];
  const finding = await lookAt('Schedules', async () => {
    names = await scheduledClusters(client);
    return { status: 'ok', fact: `${names.length} of ours` };
  });
  lines.push({ cluster: null, ...finding });
  return names.map((name) => ({ name }));
}

function text(lines: readonly Line[]): string {
  const count = (status: Finding['status']): number => lines.filter((line) => line.status === status).length;
  const table = textTable(
    lines,
    [
      {
        title: 'STATE',
        text: ({ status }) => status,
        paint: (shown, { status }, colors) =>
          status === 'failed'
            ? colors.red(shown)
            : status === 'ok'
              ? colors.green(shown)
              : colors.yellow(shown),
      },
      { title: 'CLUSTER', text: ({ cluster }) => cluster ?? '-' },
      { title: 'WHAT', text: ({ what }) => what },
      {
        title: 'FOUND',
        text: ({ fact, remedy }) => (remedy === undefined ? fact : `${fact.replace(/\.$/, '')}. ${remedy}`),
      },
    ],
    screenOf(process.stdout),
  );
  const [failed, warnings] = [count('failed'), count('warning')];
  const verdict =
    failed > 0
      ? `${failed} failed${warnings > 0 ? `, ${warnings} to look at` : ''}.`
      : warnings > 0
        ? `Rollouts can run; ${warnings} to look at.`
        : 'Everything that rollouts need is there.';
  return `${table}\n\n${verdict}\n`;
}
