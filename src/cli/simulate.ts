import { once } from 'node:events';
import { Command, InvalidArgumentError, Option } from 'commander';
import { clusterTag } from '../model/names.js';
import type { Scenario } from '../simulator/scenario.js';
import type { SimulatorOptions } from '../simulator/simulator.js';
import { CommandError, exitCodes } from './shared/errors.js';
import { examples } from './shared/help.js';
import { portOption, wholeNumber } from './shared/options.js';

interface SimulateFlags {
  port: number;
  host: string;
  cluster?: string;
  region?: string;
  instances?: number;
  speed: number;
  seed?: number;
  scenario?: string;
  policy?: string;
  policyFor?: string[];
}

/** `ecs-updater simulate`: a fleet that speaks AWS's wire protocols, alone. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .summary('run a simulated ECS fleet that any AWS SDK can drive')
    .description(
      'Serves a simulated ECS cluster, with its EC2 hosts and Systems Manager, on the wire protocols of AWS until ' +
        'SIGINT or SIGTERM. Prints the variables that point an AWS client at it. Its state, journal, audit and ' +
        'faults are under /_sim/.',
    )
    .option('--port <port>', 'port to listen on, 0 for any free one', portOption, 4599)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--cluster <name>', 'name of the cluster (default: demo, or as the scenario says)')
    .option('--region <region>', 'AWS Region (default: eu-central-1, or as the scenario says)')
    .addOption(
      new Option('--instances <n>', 'a plain fleet of so many instances (default: 6)')
        .argParser(atLeastOne)
        .conflicts('scenario'),
    )
    .option('--speed <n>', 'simulated seconds per second', speedOption, 1)
    .option('--seed <n>', 'seed of all chance (default: 1, or as the scenario says)', wholeNumber)
    .option('--scenario <file>', 'fleet described in a YAML or JSON file')
    .option('--policy <file>', 'IAM policy that requests are held against, as deploy/iam-policy.json')
    .addOption(
      new Option(
        '--policy-for <principal...>',
        'who has the policy: access keys, or roles as assumed-role/NAME; others may do everything (default: everybody has it)',
      ),
    )
    .addHelpText(
      'after',
      examples(
        'ecs-updater simulate --instances 8 --speed 60',
        'ecs-updater simulate --scenario fleet.yaml --port 0 --seed 7',
        'ecs-updater simulate --policy deploy/iam-policy.json',
        'AWS_ENDPOINT_URL=http://127.0.0.1:4599 aws ecs list-container-instances --cluster demo',
      ),
    )
    .action(simulate);
}

async function simulate(flags: SimulateFlags): Promise<void> {
  const { startSimulator } = await import('../simulator/simulator.js');
  const scenario = await scenarioOf(flags);
  const policies = await policiesOf(flags);
  const { port, host, speed } = flags;
  const simulator = await startSimulator({ scenario, port, host, speed, ...policies }).catch(
    (error: unknown) => {
      throw new CommandError(cannotListen(error, flags), exitCodes.failed, { cause: error });
    },
  );
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const hosts = simulator.fleet.ecs.clusters.get(scenario.cluster)?.instances.size ?? 0;
  process.stdout.write(
    [
      `# Cluster ${scenario.cluster}: ${hosts} instances, ${speed} simulated seconds per second; Ctrl-C ends it.`,
      `# State, journal, audit and faults: ${simulator.url}/_sim/state`,
      `export AWS_ENDPOINT_URL=${simulator.url}`,
      `export AWS_REGION=${scenario.region}`,
      // boto3 and version 1 of the AWS CLI read only this one.
      `export AWS_DEFAULT_REGION=${scenario.region}`,
      'export AWS_ACCESS_KEY_ID=simulated',
      'export AWS_SECRET_ACCESS_KEY=simulated',
      '',
    ].join('\n'),
  );
  await stopped;
  await simulator.close();
}

async function policiesOf({ policy, policyFor }: SimulateFlags): Promise<Pick<SimulatorOptions, 'policies'>> {
  if (policy === undefined) {
    if (policyFor) throw new CommandError('--policy-for needs --policy', exitCodes.usage);
    return {};
  }
  const { loadPolicy, PolicyError } = await import('../simulator/iam/policy.js');
  try {
    return {
      policies: [{ document: await loadPolicy(policy), ...(policyFor && { principals: policyFor }) }],
    };
  } catch (error) {
    if (error instanceof PolicyError)
      throw new CommandError(error.message, exitCodes.usage, { cause: error });
    throw error;
  }
}

async function scenarioOf(flags: SimulateFlags): Promise<Scenario> {
  const { loadScenario, parseScenario, ScenarioError } = await import('../simulator/scenario.js');
  const { plainScenario } = await import('../simulator/plain-scenario.js');
  const { cluster, region, seed } = flags;
  try {
    const scenario =
      flags.scenario === undefined
        ? plainScenario({ instances: flags.instances ?? 6, tags: { [clusterTag]: cluster ?? 'demo' } })
        : await loadScenario(flags.scenario);
    return parseScenario({
      ...scenario,
      ...(cluster !== undefined && { cluster }),
      ...(region !== undefined && { region }),
      ...(seed !== undefined && { seed }),
    });
  } catch (error) {
    if (error instanceof ScenarioError)
      throw new CommandError(error.message, exitCodes.usage, { cause: error });
    throw error;
  }
}

function cannotListen(error: unknown, { host, port }: SimulateFlags): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return `port ${port} on ${host} is taken; choose another with --port, or 0 for any`;
  return `cannot listen on ${host}:${port}: ${error instanceof Error ? error.message : String(error)}`;
}

function atLeastOne(text: string): number {
  const number = wholeNumber(text);
  if (number < 1) throw new InvalidArgumentError('Give a number of at least 1.');
  return number;
}

function speedOption(text: string): number {
  const speed = Number(text);
  if (!(speed > 0) || speed > 10_000) throw new InvalidArgumentError('Give a number above 0, at most 10000.');
  return speed;
}
