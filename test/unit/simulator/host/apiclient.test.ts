import { beforeAll, describe, expect, it } from 'vitest';
import { loadShell } from '../../../../src/simulator/host/shell.js';
import { finish, json, makeHost, origin } from './hosts.js';

beforeAll(() => loadShell());

const socket = 'unix://2f72756e2f6170692e736f636b:0';

describe('update check', () => {
  it('prints the status, pretty and sorted, and logs in colour on stderr', async () => {
    const { run } = makeHost();
    const result = await run('apiclient update check');
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toBe('06:00:00 \u001B[0m\u001B[34m[INFO] \u001B[0mRefreshing updates...\n');
    const timestamp = /2026-07-10T06:00:\d\d\.\d{9}Z/.exec(result.stdout)?.[0];
    expect(json(result)).toEqual({
      active_partition: {
        image: { arch: 'x86_64', variant: 'aws-ecs-2', version: '1.26.0' },
        next_to_boot: true,
      },
      available_updates: ['1.26.1', '1.26.0'],
      chosen_update: { arch: 'x86_64', variant: 'aws-ecs-2', version: '1.26.1' },
      most_recent_command: {
        cmd_status: 'Success',
        cmd_type: 'refresh',
        exit_status: 0,
        stderr: '',
        timestamp,
      },
      staging_partition: null,
      update_state: 'Available',
    });
    expect(result.stdout.split('\n').slice(0, 3)).toEqual(['{', '  "active_partition": {', '    "image": {']);
  });

  it('fails when the repository cannot be reached, and leaves Idle', async () => {
    const { run } = makeHost({ repository: 'unreachable' });
    const result = await run('apiclient update check');
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toContain(
      "Failed to check for updates: refresh attempt failed with status 'Failed' (-1): Failed to load metadata",
    );
    expect(json(await run('apiclient get /updates/status'))).toMatchObject({ update_state: 'Idle' });
  });

  it('gives up after ten seconds while a slow refresh goes on under the lock', async () => {
    const { run, clock } = makeHost({ repository: 'slow' });
    const before = clock.now();
    const result = await run('apiclient update check');
    expect(clock.now() - before).toBe(10_000);
    expect(result.stderr).toContain(
      'Failed to check for updates: Timed out after waiting 10s seconds after POST to /actions/refresh-updates, unsure of result\n',
    );
    expect((await run('apiclient update check')).stderr).toContain(
      "Unable to check initial update status, got code '423 Locked': Unable to obtain shared lock",
    );
    await clock.advance(30_000);
    expect(json(await run('apiclient get /updates/status'))).toMatchObject({ update_state: 'Available' });
  });
});

describe('update apply', () => {
  it('is refused before a check', async () => {
    const { run } = makeHost();
    const result = await run('apiclient update apply');
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toContain(
      `Detail: Failed to make prepare request: Status 409 when POSTing ${socket}/actions/prepare-update: Update action not allowed according to update state\n`,
    );
  });

  it('writes the image and marks it for the next boot', async () => {
    const { run, host, events } = makeHost();
    await run('apiclient update check');
    expect(await run('apiclient update apply')).toMatchObject({ exitCode: 0, stdout: '' });
    expect(host.snapshot()).toMatchObject({
      updateState: 'Ready',
      partitions: {
        active: { version: '1.26.0', priority: 1 },
        inactive: { version: '1.26.1', priority: 2, tries: 1, successful: false },
      },
    });
    expect(events()).toEqual(['apply-started', 'update-staged', 'apply-finished']);
  });

  it('is refused when already applied, and works again after a cancel', async () => {
    const { run, host } = makeHost({ found: 'ready' });
    expect((await run('apiclient update apply')).exitCode).toBe(1);
    expect((await run('apiclient update cancel')).exitCode).toBe(0);
    expect(host.snapshot().updateState).toBe('Staged');
    expect((await run('apiclient update apply')).exitCode).toBe(0);
    expect((await run('apiclient update apply --check')).exitCode).toBe(0);
  });

  it('fails where the image cannot be written, and stays Available', async () => {
    const { run, host, event } = makeHost({ apply: 'fails-prepare' });
    const result = await run('apiclient update check && apiclient update apply');
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain(
      "Detail: prepare attempt failed with status 'Failed' (-1): Failed to write",
    );
    expect(host.snapshot()).toMatchObject({
      updateState: 'Available',
      partitions: { inactive: { version: null } },
    });
    expect(event('apply-failed')).toMatchObject({ step: 'prepare', ...origin });
  });

  it('stays Staged where it cannot be activated', async () => {
    const { run, host } = makeHost({ apply: 'fails-activate' });
    const result = await run('apiclient update check && apiclient update apply');
    expect(result.stderr).toContain(
      "Failed to apply update: activate attempt failed with status 'Failed' (-1):",
    );
    expect(host.snapshot()).toMatchObject({ updateState: 'Staged', partitions: { active: { priority: 2 } } });
  });

  it('gives up after ten minutes when preparing hangs; only a reboot releases the lock', async () => {
    const { run, clock } = makeHost({ apply: 'hangs' });
    await run('apiclient update check');
    const before = clock.now();
    expect((await run('apiclient update apply')).stderr).toContain('Timed out after waiting 600s seconds');
    expect(clock.now() - before).toBe(600_000);
    expect((await run('apiclient get /updates/status')).stderr).toContain('Status 423');
  });

  it('goes on to write the image when its client is killed, but is not activated', async () => {
    const { run, host, clock, event } = makeHost();
    await run('apiclient update check');
    const script = host.execute('apiclient update apply', origin);
    await clock.advance(5000);
    script.kill('killed');
    expect(await finish(clock, script.done)).toEqual({ kind: 'killed' });
    expect(host.snapshot().updateAction).toBe('prepare');
    await clock.advance(100_000);
    expect(host.snapshot()).toMatchObject({ updateAction: null, updateState: 'Staged' });
    expect(event('apply-failed')).toMatchObject({ reason: 'nobody activated it', ...origin });
  });

  it('writes what the repository offers at that moment, though the status names what the check had chosen', async () => {
    const { run, host } = makeHost();
    await run('apiclient update check');
    host.amend({ offered: '1.27.0' });
    await run('apiclient update apply');
    expect(host.snapshot().partitions.inactive.version).toBe('1.27.0');
    expect(json(await run('apiclient get /updates/status'))).toMatchObject({
      staging_partition: { image: { version: '1.26.1' } },
    });
  });
});

describe('other forms', () => {
  it('reads the status by get and raw, 404 before the first refresh', async () => {
    const { run } = makeHost();
    expect(await run('apiclient get /updates/status')).toEqual({
      exitCode: 1,
      stdout: '',
      kind: 'exited',
      stderr: `Failed to get settings: Failed GET request to '/updates/status': Status 404 when GETing ${socket}/updates/status: Update status is uninitialized, refresh-updates to initialize it\n`,
    });
    await run('apiclient update check');
    const pretty = json(await run('apiclient get /updates/status'));
    const raw = await run('apiclient raw -u /updates/status');
    expect(json(raw)).toEqual(pretty);
    expect(raw.stdout).toMatch(/^\{"update_state":"Available",.*\}\n$/);
  });

  it('acts by raw requests', async () => {
    const { run, host } = makeHost();
    await run('apiclient raw -m POST -u /actions/refresh-updates; sleep 5');
    await run('apiclient raw -X POST -u /actions/prepare-update; sleep 100');
    await run('apiclient raw -X POST -u /actions/activate-update; sleep 5');
    expect(host.snapshot().updateState).toBe('Ready');
  });

  it('tells of the system and its settings', async () => {
    const { run } = makeHost();
    expect(json(await run('apiclient raw -u /os'))).toMatchObject({
      version_id: '1.26.0',
      variant_id: 'aws-ecs-2',
    });
    expect(json(await run('apiclient get os.version_id settings.updates.version-lock'))).toEqual({
      os: { version_id: '1.26.0' },
      settings: { updates: { 'version-lock': 'latest' } },
    });
  });

  it('sets what decides the choice', async () => {
    const { run } = makeHost({ inWave: false });
    expect(json(await run('apiclient update check'))).toMatchObject({
      update_state: 'Idle',
      chosen_update: null,
    });
    await run('apiclient set updates.ignore-waves=true settings.updates.version-lock=1.26.1');
    expect(json(await run('apiclient update check'))).toMatchObject({ chosen_update: { version: '1.26.1' } });
    const refused = await run('apiclient set updates.nonsense=1');
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.stderr).toContain('Status 400');
  });

  it('exits 2 on wrong usage', async () => {
    const { run } = makeHost();
    expect((await run('apiclient update')).exitCode).toBe(2);
    expect((await run('apiclient update check --now')).exitCode).toBe(2);
  });

  it('has no update subcommand before 1.0.5', async () => {
    const { run } = makeHost({ version: '1.0.4', offered: '1.0.5' });
    expect((await run('apiclient update check')).exitCode).toBe(2);
    expect((await run('apiclient raw -u /os')).exitCode).toBe(0);
  });

  it('has no get subcommand before 1.5.0', async () => {
    const { run } = makeHost({ version: '1.4.2', offered: '1.5.0' });
    expect((await run('apiclient update check')).exitCode).toBe(0);
    expect((await run('apiclient get os')).exitCode).toBe(2);
  });

  it.each(['garbage', 'truncated'] as const)('prints %s with exit 0', async (output) => {
    const { run } = makeHost({ output });
    const result = await run('apiclient update check');
    expect(result.exitCode).toBe(0);
    expect(() => json(result)).toThrow(SyntaxError);
  });

  it('is not there on another system', async () => {
    const { run } = makeHost({ os: 'amazon-linux-2023', offered: null });
    expect((await run('apiclient update check')).exitCode).toBe(127);
  });
});
