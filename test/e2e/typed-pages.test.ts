import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hosts } from '../support/fleet.js';
import { documentedCommands } from '../support/pages.js';
import { test } from '../support/rollouts.js';

/** What serves until it is interrupted: the suite has its own. */
const serves = /^npx ecs-updater (simulate|worker|dashboard)\b/;

/** The lines that the page has a newcomer type, in their order. */
async function documentedLines(): Promise<string[]> {
  const page = await readFile(new URL('../../docs/getting-started.md', import.meta.url), 'utf8');
  return [...page.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) => block.trim().split('\n'));
}

test.concurrent('a newcomer who types what the page says sees a rollout', async ({
  startFleet,
  folder,
  expect,
}) => {
  const fleet = await startFleet({ instances: hosts('a', 'b') });
  const region = fleet.arn.split(':')[3] ?? '';
  const lines = (await documentedLines()).filter((line) => line.startsWith('npx ') && !serves.test(line));
  const said = new Map<string, string>();
  for (const line of lines) {
    const typed = line
      .replace(/^npx /, '')
      .replaceAll(/\bdemo\b(?!\.)/g, fleet.cluster)
      .replaceAll('eu-central-1', region)
      .replaceAll('i-0abc1234def567890', fleet.id('b'))
      // Where there is no terminal nobody is asked.
      .replace(/^ecs-updater apply$/, 'ecs-updater apply --yes');
    const { code, stdout, stderr } = await fleet.shell(typed, folder);
    expect({ code, stderr }, `${typed}: ${stdout}`).toEqual({ code: 0, stderr: expect.any(String) });
    said.set(line, stdout);
    if (!line.includes(' init ')) continue;
    const file = join(folder, 'ecs-updater.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(/^defaults:$/m, 'defaults:\n  maxUnavailable: 2'));
  }

  const { cluster } = fleet;
  const held = fleet.id('b');
  expect(said.get('npx ecs-updater doctor')).toContain('Everything that rollouts need is there.');
  expect(said.get('npx ecs-updater plan --cluster demo')).toContain(
    `${cluster}: 2 of 2 instances would be updated.`,
  );
  const why = 'npx ecs-updater why --cluster demo --instance i-0abc1234def567890';
  expect(said.get(why)).toContain('disk is looked at');
  expect(said.get('npx ecs-updater status --cluster demo')).toMatch(
    new RegExp(`^${held} +held .*disk is looked at`, 'm'),
  );
  expect(said.get('npx ecs-updater history --cluster demo')).toMatch(/ completed +1 +1 +0 +0 /);
  expect(await readFile(join(folder, 'demo.html'), 'utf8')).toContain(held);
  const report = await fleet.report();
  expect(fleet.outcomes(report)).toEqual({ a: 'skipped: up-to-date', b: 'updated' });
});

const oneBlank = (text: string): string => text.replaceAll(/[ \t]+/g, ' ').trim();

/** What is documented as a pattern: `…` is any text, in a line of its own any lines. */
function patternOf(output: readonly string[]): RegExp {
  const lines = output.map((line) =>
    line === '…'
      ? '(?:.*\\n)*?'
      : `${line
          .split('…')
          .map((part) => oneBlank(part).replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
          .join('.*')}\\n`,
  );
  return new RegExp(`^${lines.join('')}$`);
}

test.concurrent('a team that types what the page says has a rollout, and reads what the page shows', async ({
  startFleet,
  folder,
  expect,
}) => {
  const fleet = await startFleet({ instances: hosts('a', 'b') });
  const region = fleet.arn.split(':')[3] ?? '';
  const commands = documentedCommands('install.md').filter(({ command }) =>
    command.startsWith('ecs-updater '),
  );
  expect(commands.map(({ command }) => command.split(' ')[1])).toEqual([
    'encryption-key',
    'init',
    'validate',
    'apply',
    'doctor',
    'plan',
    'run',
    'schedule',
  ]);
  for (const { command, output } of commands) {
    const typed = command
      .replaceAll(/\bprod\b/g, fleet.cluster)
      .replaceAll('eu-central-1', region)
      // Where there is no terminal nobody is asked.
      .replace(/ apply$/, ' apply --yes');
    const { code, stdout, stderr } = await fleet.shell(typed, folder);
    expect({ code, stderr }, `${typed}: ${stdout}`).toEqual({ code: 0, stderr: '' });
    const said = stdout.replaceAll(fleet.cluster, 'prod').replaceAll(region, 'eu-central-1');
    expect(`${said.trimEnd().split('\n').map(oneBlank).join('\n')}\n`, command).toMatch(patternOf(output));
  }
  expect(fleet.state('a')).toMatchObject({ status: 'ACTIVE', host: { activeVersion: '1.26.1' } });
});
