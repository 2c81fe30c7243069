import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { Client } from '@temporalio/client';
import { Command, InvalidArgumentError } from 'commander';
import { atSpeed, parseSettings } from '../config/settings.js';
import { countResults, type RolloutReport } from '../model/report.js';
import { clusterWorkflowId } from '../model/names.js';
import { connectClient } from '../temporal/connection.js';
import { startDevServer } from '../temporal/dev-server.js';
import { rolloutResult, triggerRollout } from '../temporal/rollouts.js';
import { putSchedule } from '../temporal/schedules.js';
import { searchAttributeKeys } from '../temporal/search-attributes.js';
import type { TemporalTarget } from '../temporal/target.js';
import { portIfFree } from './demo/ports.js';
import { type DemoScenario, everyCase, plainFleet } from './demo/scenario.js';
import { type SimulatedAws, startSimulatedAws } from './demo/simulated-aws.js';
import { surprises } from './demo/verdict.js';
import { startDemoWorker } from './demo/worker.js';
import { exitCodes } from './shared/errors.js';
import { examples } from './shared/help.js';
import { wholeNumber } from './shared/options.js';
import { instanceTable } from './shared/instance-table.js';
import type { Row } from '../model/rows.js';
import { screenOf } from './shared/screen.js';
import { watchRollout } from './shared/watch.js';

interface DemoFlags {
  instances?: number;
  speed: number;
  json?: string;
  keep?: true;
}

const cluster = 'demo';
const beginsWithinMs = 30_000;

/** `ecs-updater demo`: a whole rollout on a real Temporal server and a simulated fleet. */
export function demoCommand(): Command {
  return new Command('demo')
    .summary('watch a whole rollout, on a real Temporal server and a simulated fleet')
    .description(
      'Starts a Temporal dev server, a simulated ECS cluster and a worker, schedules and triggers a rollout, and shows it. ' +
        'Exit code 0 only if every instance ended as it should and the audit of the fleet found nothing.',
    )
    .option(
      '--instances <n>',
      'a plain fleet of so many instances, instead of one with every case',
      atLeastOne,
    )
    .option('--speed <n>', 'simulated seconds per second', atLeastOne, 30)
    .option('--json <file>', 'write the report there')
    .option('--keep', 'leave everything running until Ctrl-C')
    .addHelpText(
      'after',
      examples(
        'ecs-updater demo',
        'ecs-updater demo --instances 40 --json report.json',
        'ecs-updater demo --keep',
      ),
    )
    .action(async (flags: DemoFlags) => {
      const demo = flags.instances === undefined ? everyCase(cluster) : plainFleet(cluster, flags.instances);
      process.exitCode = await showDemo(demo, flags);
    });
}

async function showDemo(demo: DemoScenario, flags: DemoFlags): Promise<number> {
  const cleanUps: (() => Promise<void>)[] = [];
  try {
    const [port, uiPort] = [await portIfFree(7233), await portIfFree(8233)];
    const server = await startDevServer({
      searchAttributes: searchAttributeKeys,
      ...(port && { port }),
      ...(uiPort && { uiPort }),
    });
    cleanUps.unshift(server.close);
    const target: TemporalTarget = {
      address: server.address,
      namespace: server.namespace,
      connectionOptions: { address: server.address },
    };
    const aws = await startSimulatedAws(demo.scenario, flags.speed);
    cleanUps.unshift(aws.close);
    const worker = await startDemoWorker(target);
    cleanUps.unshift(worker.stop);
    const { client, close } = await connectClient(target);
    cleanUps.unshift(close);

    say(
      `Temporal UI       ${server.uiUrl ?? ''}/namespaces/default/workflows/${encodeURIComponent(clusterWorkflowId(cluster))}`,
    );
    say(
      `Simulated fleet   ${aws.url}  (${demo.expected.size || flags.instances} instances, ${flags.speed} times as fast as life, and so are the limits)`,
    );
    say(`Settings          --max-unavailable ${demo.maxUnavailable} --failure-budget unlimited\n`);
    if (flags.keep) sayHowToSteer(aws, target);
    const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    const code = await Promise.race([
      rollOut(client, aws, demo, flags),
      interrupted.then(() => exitCodes.failed),
    ]);
    if (flags.keep) {
      say('\nEverything stays up until Ctrl-C.');
      await interrupted;
    }
    return code;
  } finally {
    for (const cleanUp of cleanUps) await cleanUp();
  }
}

async function rollOut(
  client: Client,
  aws: SimulatedAws,
  demo: DemoScenario,
  flags: DemoFlags,
): Promise<number> {
  const { createClients } = await import('../aws/clients.js');
  const { findCluster } = await import('../aws/cluster.js');
  const { putDocuments } = await import('../aws/documents.js');
  await aws.declare(demo.maxUnavailable);
  const { ecs, ssm } = createClients({ credentials: aws.credentials });
  const { arn, region } = await findCluster(ecs, cluster);
  const { documents } = await putDocuments(ssm, false);
  const settings = parseSettings({ maxUnavailable: String(demo.maxUnavailable), failureBudget: 'unlimited' });
  await putSchedule(
    client,
    {
      cluster: { name: cluster, arn, region },
      documents,
      settings: atSpeed(settings, flags.speed),
      searchAttributes: true,
    },
    { cron: ['0 */12 * * *'], timeZone: 'Etc/UTC', jitterMs: 0 },
  );
  await triggerRollout(client, cluster, beginsWithinMs);
  const view = await watchRollout(client, cluster, process.stdout);
  const report = await rolloutResult(client, cluster);
  if (flags.json) await writeFile(flags.json, `${JSON.stringify(report, null, 2)}\n`);
  return summarize(report, view?.rows ?? [], surprises(demo, report), await aws.violations());
}

function summarize(
  report: RolloutReport,
  rows: readonly Row[],
  unexpected: readonly string[],
  violations: readonly string[],
): number {
  // A terminal has it from watching.
  if (!process.stdout.isTTY) say(`\n${instanceTable(rows, screenOf())}`);
  const counts = Object.entries(countResults(report.groups)).filter(([, count]) => count > 0);
  const seconds = Math.round((Date.parse(report.endedAt) - Date.parse(report.startedAt)) / 1000);
  say(`\nThe rollout took ${seconds} s: ${counts.map(([kind, count]) => `${count} ${kind}`).join(', ')}.`);
  for (const line of unexpected) say(`Unexpected: ${line}`);
  for (const line of violations) say(`Violation: ${line}`);
  if (unexpected.length + violations.length > 0) return exitCodes.failed;
  say('Every instance ended as its case should, and the audit of the fleet found no violation.');
  return exitCodes.ok;
}

function sayHowToSteer(aws: SimulatedAws, target: TemporalTarget): void {
  say('To steer it from another terminal, in this folder:\n');
  for (const [name, value] of Object.entries({ TEMPORAL_ADDRESS: target.address, ...aws.environment })) {
    say(`export ${name}=${value}`);
  }
  for (const command of ['status', 'plan', 'pause', 'resume', 'run']) {
    say(`npx ecs-updater ${command} --cluster ${cluster}`);
  }
  say('npx ecs-updater dashboard');
  say(`npx ecs-updater skip --cluster ${cluster} --instance i-…`);
  say('');
}

function atLeastOne(text: string): number {
  const number = wholeNumber(text);
  if (number < 1) throw new InvalidArgumentError('Give at least 1.');
  return number;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
