import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { z } from 'zod';
import { type Fleet, hosts } from '../support/fleet.js';
import { principals } from '../support/installation.js';
import type { Ended } from '../support/processes.js';
import { test } from '../support/rollouts.js';

const answer = z.object({
  ok: z.boolean(),
  findings: z.array(
    z.object({
      cluster: z.string().nullable(),
      what: z.string(),
      status: z.enum(['ok', 'warning', 'failed', 'skipped']),
      fact: z.string(),
      remedy: z.string().optional(),
    }),
  ),
});

/** What was found, by what was looked at. */
function found({
  stdout,
}: Ended): Record<string, { status: string; fact: string; remedy?: string | undefined }> {
  const { findings } = answer.parse(JSON.parse(stdout));
  return Object.fromEntries(findings.map(({ what, ...rest }) => [what, rest]));
}

const fileFor = (fleet: Fleet, more = ''): string =>
  `defaults: {region: ${fleet.arn.split(':')[3]}, schedule: {cron: 0 3 * * *}}\nclusters: [{cluster: ${fleet.cluster}${more}}]\n`;

/** Writes the file, applies it and returns its path. */
async function applied(fleet: Fleet, folder: string): Promise<string> {
  const file = join(folder, 'ecs-updater.yaml');
  await writeFile(file, fileFor(fleet));
  await fleet.command('apply', '-f', file, '--yes');
  return file;
}

describe.concurrent('doctor', () => {
  test('finds all that rollouts need, with the eyes of a worker', async ({ startFleet, folder, expect }) => {
    const fleet = await startFleet({ instances: hosts('a', 'b') });
    const file = await applied(fleet, folder);
    const ended = await fleet.command('doctor', '-f', file);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const lines = ended.stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^STATE +CLUSTER +WHAT +FOUND$/);
    expect(lines.at(-1)).toBe('Everything that rollouts need is there.');
    expect(ended.stdout).toMatch(/^ok +- +Temporal +127\.0\.0\.1:\d+ answers, and has the namespace e2e-/m);
    expect(ended.stdout).toMatch(
      new RegExp(
        `^ok +${fleet.cluster} +credentials +arn:aws:iam::123456789012:user/${principals.worker}$`,
        'm',
      ),
    );
    expect(ended.stdout).toMatch(/^ok +\S+ +instances +2 of 2 can be reached by ECS and SSM$/m);
    const sent = fleet.requests(principals.worker, 'SendCommand');
    expect(sent.every(({ status }) => status === 400)).toBe(true);
  });

  test('says what failed and what to do, goes on with the rest, and exits with 1', async ({
    startFleet,
    folder,
    expect,
  }) => {
    const fleet = await startFleet({
      instances: [...hosts('a'), { name: 'b', host: { ssm: 'never-registered' } }],
    });
    const file = await applied(fleet, folder);
    fleet.simulator.fault({ kind: 'refuse', as: 'denied', action: 'GetTaskProtection', seconds: 3600 });
    await fleet.temporal('schedule', 'toggle', '--schedule-id', fleet.workflowId, '--pause', '--reason', 'x');
    const ended = await fleet.command('doctor', '-f', file, '-o', 'json');
    expect(ended).toMatchObject({ code: 1, stderr: '' });
    expect(found(ended)).toMatchObject({
      Schedule: {
        status: 'warning',
        fact: `${fleet.workflowId} is paused: x`,
        remedy: `To go on: ecs-updater resume --cluster ${fleet.cluster}.`,
      },
      'permission ecs:GetTaskProtection': { status: 'failed', remedy: 'Allow this action.' },
      'permission ecs:ListTasks': { status: 'ok' },
      [`instance ${fleet.id('b')}`]: { status: 'failed' },
      'SSM document ecs-updater-reboot': { status: 'ok' },
    });
  });

  test('sees that the Schedule is not as the file says, or not there', async ({
    startFleet,
    folder,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a') });
    const file = await applied(fleet, folder);
    await writeFile(file, fileFor(fleet, ', drainLimit: 40m'));
    expect(found(await fleet.command('doctor', '-f', file, '-o', 'json'))['Schedule']).toMatchObject({
      status: 'warning',
      fact: `${fleet.workflowId} is not as the file says`,
    });
    await fleet.ecsUpdater('schedule', '--delete');
    expect(found(await fleet.command('doctor', '-f', file, '-o', 'json'))).toMatchObject({
      Schedule: { status: 'failed', remedy: 'Run ecs-updater apply.' },
      cluster: { status: 'ok' },
      'SSM document ecs-updater-check': { status: 'ok', fact: 'version 1 is there' },
    });
  });

  test('looks with the permissions of whoever asks where Temporal cannot be reached', async ({
    startFleet,
    folder,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a') }, { free: ['commands'] });
    const file = await applied(fleet, folder);
    const ended = await fleet.commandIn(
      { TEMPORAL_ADDRESS: '127.0.0.1:1' },
      'doctor',
      '-f',
      file,
      '-o',
      'json',
    );
    expect(ended).toMatchObject({ code: 1, stderr: '' });
    expect(found(ended)).toMatchObject({
      Temporal: { status: 'failed', fact: expect.stringContaining('TEMPORAL_ADDRESS') },
      credentials: {
        status: 'ok',
        fact: `arn:aws:iam::123456789012:user/${principals.commands}: yours, since no worker could be asked for its own`,
      },
      instances: { status: 'ok' },
    });
  });

  test('without a file looks at the cluster that is named, by its Schedule', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({ instances: hosts('a') });
    await fleet.ecsUpdater('schedule', '--cron', '0 3 * * *');
    const ended = await fleet.ecsUpdater('doctor', '-o', 'json');
    expect(found(ended)).toMatchObject({ Schedule: { status: 'ok' }, cluster: { status: 'ok' } });
    const unknown = await fleet.command('doctor', '--cluster', 'unheard-of', '-o', 'json');
    expect(unknown.code).toBe(1);
    expect(found(unknown)).toMatchObject({
      Schedule: { status: 'failed' },
      cluster: { status: 'skipped', fact: 'neither a file nor a Schedule says which it is' },
    });
  });
});
