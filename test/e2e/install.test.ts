import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { hosts } from '../support/fleet.js';
import { test } from '../support/rollouts.js';

/** A command of the page, and what stands under it. */
interface Documented {
  command: string;
  output: string[];
}

/** Commands of our own that the page has a team type, in their order. */
async function documentedCommands(): Promise<Documented[]> {
  const page = await readFile(new URL('../../docs/install.md', import.meta.url), 'utf8');
  const found: Documented[] = [];
  for (const [, block = ''] of page.matchAll(/^```console\n(.*?)^```$/gms)) {
    for (const line of block.trimEnd().split('\n')) {
      if (line.startsWith('$ ')) found.push({ command: line.slice(2), output: [] });
      else found.at(-1)?.output.push(line);
    }
  }
  return found.filter(({ command }) => command.startsWith('ecs-updater '));
}

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

test('a team that types what the page says has a rollout, and reads what the page shows', async ({
  startFleet,
  expect,
}) => {
  const fleet = await startFleet({ instances: hosts('a', 'b') });
  const region = fleet.arn.split(':')[3] ?? '';
  const folder = await mkdtemp(join(tmpdir(), 'install-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const commands = await documentedCommands();
  expect(commands.map(({ command }) => command.split(' ')[1])).toEqual([
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
