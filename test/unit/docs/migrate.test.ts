import { describe, expect, test } from 'vitest';
import { program } from '../../../src/cli/main.js';
import { policyStatements, readFile, workerStack, workerTemplate } from '../../support/stacks.js';

const page = readFile('docs/migrate.md');
const blocks = [...page.matchAll(/^( *)```sh\n(.*?)^ *```$/gms)].map(([, indent = '', text = '']) =>
  text.replaceAll(new RegExp(`^${indent}`, 'gm'), '').replaceAll(/ *\\\n */g, ' '),
);
const lines = blocks.flatMap((block) => block.split('\n')).map((line) => line.trim());

describe('the page for users of bottlerocket-ecs-updater', () => {
  const ours = lines.filter((line) => line.startsWith('ecs-updater '));

  test.each(ours)('has a command that there is: %s', async (line) => {
    const [, name = '', ...rest] = line.split(/\s+/);
    const command = (await program(name)).commands.find((candidate) => candidate.name() === name);
    const known = command?.options.map(({ long }) => long) ?? [];
    expect(known).toEqual(expect.arrayContaining(rest.filter((word) => word.startsWith('--'))));
  });

  test('deploys a stack that the template takes', () => {
    const deploys = lines.filter((line) => line.includes('--parameter-overrides'));
    expect(deploys).toHaveLength(1);
    const given = [...(deploys[0] ?? '').matchAll(/ ([A-Z]\w+)=(\S+)/g)].map(([, name = '', value = '']) => [
      name,
      value,
    ]);
    const parameters: Record<string, string> = Object.fromEntries(given);
    const stack = workerStack(parameters, () => parameters['VpcId'] ?? '');
    expect(stack.outputs['LogGroupName']).toBe('/bottlerocket-updater');
  });

  test('says of every parameter of the old template what became of it', () => {
    const [, table = ''] = /^## Parameters$(.*?)^## /ms.exec(page) ?? [];
    const rows = table.split('\n').map((row) => row.split('|').map((cell) => cell.trim()));
    // The parameters of its last release.
    const old = ['ClusterName', 'Subnets', 'LogGroupName', 'UpdaterImage', 'ScheduleState'];
    expect(rows.map(([, was]) => was)).toEqual(expect.arrayContaining(old.map((name) => `\`${name}\``)));
    const named = rows.flatMap(([, , ...cells]) =>
      [...cells.join(' ').matchAll(/`([A-Z][a-z]\w*)(?:=\w+)?`/g)].map(([, name = '']) => name),
    );
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((name) => !(name in workerTemplate.Parameters))).toEqual([]);
  });

  test('tags instances as the policy wants them', () => {
    const values = {
      'AWS::Partition': 'aws',
      'AWS::Region': 'r',
      'AWS::AccountId': '1',
      ClusterName: 'prod',
    };
    const conditions = JSON.stringify(policyStatements(values).map((statement) => statement['Condition']));
    const [, tag] = /"ssm:resourceTag\/([^"]+)":"prod"/.exec(conditions) ?? [];
    expect(lines.filter((line) => line.includes('-tags --tags'))).toEqual([
      expect.stringContaining(`Key=${tag},Value=prod`),
      expect.stringContaining(`Key=${tag},Value=prod`),
    ]);
  });
});
