import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { hosts } from '../support/fleet.js';
import { test } from '../support/rollouts.js';

/** What serves until it is interrupted: the suite has its own. */
const serves = /^npx ecs-updater (simulate|worker|dashboard)\b/;

/** The lines that the page has a newcomer type, in their order. */
async function documentedLines(): Promise<string[]> {
  const page = await readFile(new URL('../../docs/getting-started.md', import.meta.url), 'utf8');
  return [...page.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) => block.trim().split('\n'));
}

test('a newcomer who types what the page says sees a rollout', async ({ startFleet, expect }) => {
  const fleet = await startFleet({ instances: hosts('a', 'b') });
  const region = fleet.arn.split(':')[3] ?? '';
  const folder = await mkdtemp(join(tmpdir(), 'getting-started-'));
  onTestFinished(() => rm(folder, { recursive: true }));
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
