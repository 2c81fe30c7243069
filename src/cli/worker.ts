import { Command, Option } from 'commander';
import { temporalTarget } from '../temporal/target.js';
import { examples } from './shared/help.js';
import { deploymentIdOption, durationOption, intervalOption, portOption } from './shared/options.js';

interface WorkerFlags {
  metricsPort: number;
  metricsInterval: number;
  healthPort: number;
  logLevel: string;
  grace: number;
  deploymentName: string;
  buildId?: string;
}

/** `ecs-updater worker`: the process that does the work, for a real Temporal. */
export function workerCommand(): Command {
  return (
    new Command('worker')
      .summary('run a worker until SIGTERM, which drains it')
      .description(
        'Runs a worker against the Temporal and the AWS that the environment names, until SIGTERM or SIGINT. ' +
          'Serves /metrics for Prometheus, and /livez and /readyz.',
      )
      .addOption(
        new Option('--metrics-port <port>', 'port of /metrics, 0 for none')
          .env('ECS_UPDATER_METRICS_PORT')
          .default(9464)
          .argParser(portOption),
      )
      .addOption(
        new Option(
          '--metrics-interval <duration>',
          'how often the state of the clusters is read for /metrics',
        )
          .env('ECS_UPDATER_METRICS_INTERVAL')
          .default(30_000, '30s')
          .argParser(intervalOption),
      )
      .addOption(
        new Option('--health-port <port>', 'port of /livez and /readyz, 0 for none')
          .env('ECS_UPDATER_HEALTH_PORT')
          .default(8080)
          .argParser(portOption),
      )
      .addOption(
        new Option('--log-level <level>', 'least level that is logged')
          .env('ECS_UPDATER_LOG_LEVEL')
          .choices(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
          .default('info'),
      )
      .addOption(
        new Option('--grace <duration>', 'how long activities may go on after SIGTERM')
          .default(10_000, '10s')
          .argParser(durationOption),
      )
      // The variables are those that Temporal's Worker Controller sets.
      .addOption(
        new Option('--build-id <id>', 'version of this worker; without one it works for every version')
          .env('TEMPORAL_WORKER_BUILD_ID')
          .argParser(deploymentIdOption),
      )
      .addOption(
        new Option('--deployment-name <name>', 'Worker Deployment that --build-id is a version of')
          .env('TEMPORAL_DEPLOYMENT_NAME')
          .default('ecs-updater')
          .argParser(deploymentIdOption),
      )
      .addHelpText(
        'after',
        examples(
          'ecs-updater worker',
          'TEMPORAL_ADDRESS=temporal.internal:7233 AWS_REGION=eu-central-1 ecs-updater worker',
          'ecs-updater worker --metrics-port 0 --health-port 8081 --log-level debug',
          'ecs-updater worker --build-id 2026-11-21',
        ),
      )
      .action(async (flags: WorkerFlags) => {
        const { buildId, deploymentName } = flags;
        const target = temporalTarget();
        // Loaded when it runs: help and the other commands need neither the SDK's native part nor AWS.
        const { createActivities } = await import('../../activities/index.js');
        const { clientsByPlace } = await import('../aws/clients.js');
        const { runWorker } = await import('../worker/run.js');
        await runWorker({
          target,
          createActivities: (observe) => createActivities(clientsByPlace(observe)),
          metricsPort: flags.metricsPort,
          metricsEveryMs: flags.metricsInterval,
          healthPort: flags.healthPort,
          logLevel: flags.logLevel,
          shutdownGraceMs: flags.grace,
          ...(buildId !== undefined && { version: { deploymentName, buildId } }),
        });
      })
  );
}
