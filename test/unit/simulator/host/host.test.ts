import { beforeAll, describe, expect, it } from 'vitest';
import type { HostChange } from '../../../../src/simulator/host/host.js';
import { loadShell } from '../../../../src/simulator/host/shell.js';
import { finish, json, makeHost, origin } from './hosts.js';
import type { TestHost } from './hosts.js';

beforeAll(() => loadShell());

const applied = 'apiclient update check && apiclient update apply';

async function back({ clock, host }: TestHost): Promise<void> {
  await clock.advanceUntil(() => !host.ssmAgentUp);
  await clock.advanceUntil(() => host.ssmAgentUp && host.ecsAgentUp);
}

describe('a reboot', () => {
  it('takes the applied version, gives a new boot id and forgets the update status', async () => {
    const test = makeHost();
    const { host, run, event } = test;
    const before = host.bootId;
    await run(`${applied} && apiclient reboot`);
    await back(test);
    expect(host.activeVersion).toBe('1.26.1');
    expect(host.bootId).not.toBe(before);
    expect(event('reboot-ordered')).toMatchObject({ by: 'ssm-command', ...origin });
    expect(event('boot-finished')).toMatchObject({ bootId: host.bootId, version: '1.26.1', fellBack: false });
    expect((await run('apiclient get /updates/status')).exitCode).toBe(1);
    expect(json(await run('apiclient update check'))).toMatchObject({
      update_state: 'Idle',
      chosen_update: null,
    });
    expect((await run('cat /proc/sys/kernel/random/boot_id')).stdout).toBe(`${host.bootId}\n`);
  });

  it('passes through its stages in order', async () => {
    const test = makeHost();
    const seen: HostChange['kind'][] = [];
    test.host.on(({ kind }) => seen.push(kind));
    await test.run('apiclient reboot');
    await back(test);
    expect(seen.slice(0, 3)).toEqual(['shutting-down', 'down', 'kernel-up']);
    expect(seen.slice(3).toSorted()).toEqual(['ecs-agent-up', 'ssm-agent-up']);
    expect(test.host.activeVersion).toBe('1.26.0');
  });

  it('boots what is Ready, whoever orders it', async () => {
    const test = makeHost({ found: 'ready' });
    test.host.rebootByEc2('AKIAOTHER');
    await back(test);
    expect(test.host.activeVersion).toBe('1.26.1');
    expect(test.event('reboot-ordered')).toMatchObject({ by: 'ec2', principal: 'AKIAOTHER' });
  });

  it('happens once, however often it is ordered before it begins', async () => {
    const test = makeHost();
    await test.run('apiclient reboot; apiclient reboot');
    test.host.rebootByEc2();
    await back(test);
    await test.clock.advance(600_000);
    expect(test.events().filter((name) => name === 'boot-finished')).toHaveLength(1);
  });

  it('is refused by a block inhibitor', async () => {
    const { run, host, clock } = makeHost({ reboot: 'refused' });
    const result = await run('apiclient reboot');
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(
      /^Failed to reboot: Failed POST request to '\/actions\/reboot': Status 500 when POSTing .*: Failed to reboot, exit code: 1, stderr: Operation inhibited/,
    );
    const { bootId } = host;
    await clock.advance(600_000);
    expect(host.bootId).toBe(bootId);
  });

  it('is held by a delay inhibitor for up to 300 s, after which the order takes effect', async () => {
    const test = makeHost({ reboot: 'inhibited' });
    expect((await test.run('apiclient reboot')).exitCode).toBe(0);
    await test.clock.advance(29_000);
    expect(test.host.snapshot()).toMatchObject({ rebootPending: true, ssmAgentUp: true });
    await test.clock.advance(272_000);
    expect(test.events()).toContain('reboot-started');
  });

  it('takes the scripts on the host with it', async () => {
    const test = makeHost();
    const script = test.host.execute('sleep 3600', origin);
    test.host.rebootByEc2();
    expect(await finish(test.clock, script.done)).toEqual({ kind: 'host-went-down' });
  });

  it('leaves only the persistent directory of the control container', async () => {
    const test = makeHost();
    await test.run('mkdir -p /.bottlerocket/host-containers/current/mine /run/mine; echo 1 >/tmp/mine');
    await test.run('apiclient reboot');
    await back(test);
    expect((await test.run('ls /.bottlerocket/host-containers/current')).stdout).toBe('mine\nssm\n');
    expect((await test.run('ls /run /tmp')).stdout).not.toContain('mine');
  });
});

describe('an image that does not come up', () => {
  it('falls back to the old one, which is offered the same update again', async () => {
    const test = makeHost({ boot: 'falls-back' });
    await test.run(`${applied} && apiclient reboot`);
    await back(test);
    expect(test.host.activeVersion).toBe('1.26.0');
    expect(test.event('boot-finished')).toMatchObject({ version: '1.26.0', fellBack: true });
    expect(json(await test.run('apiclient update check'))).toMatchObject({
      update_state: 'Available',
      chosen_update: { version: '1.26.1' },
    });
  });

  it('hangs until EC2 reboots the machine, which brings back the old one', async () => {
    const test = makeHost({ boot: 'never-returns' });
    await test.run(`${applied} && apiclient reboot`);
    await test.clock.advance(3_600_000);
    expect(test.host.hung).toBe(true);
    expect(test.host.ecsAgentUp).toBe(false);
    test.host.rebootByEc2();
    await test.clock.advanceUntil(() => test.host.ssmAgentUp && test.host.ecsAgentUp);
    expect(test.host).toMatchObject({ hung: false, activeVersion: '1.26.0' });
    expect(test.event('boot-finished')).toMatchObject({ fellBack: true });
  });

  it('is reset some minutes after EC2 was asked while it booted, though it has come back by then', async () => {
    const test = makeHost();
    await test.run('apiclient reboot');
    await test.clock.advanceUntil(() => test.host.snapshot().stage === 'booting');
    test.host.rebootByEc2();
    await back(test);
    expect(test.events().filter((event) => event === 'reboot-started')).toHaveLength(1);
    await test.clock.advance(240_000);
    expect(test.events().filter((event) => event === 'reboot-started')).toHaveLength(2);
  });

  it.each([
    ['ssm-agent-lost', { ssmAgentUp: false, ecsAgentUp: true }],
    ['ecs-agent-lost', { ssmAgentUp: true, ecsAgentUp: false }],
  ] as const)('%s: runs, but without that agent', async (boot, expected) => {
    const test = makeHost({ boot });
    await test.run(`${applied} && apiclient reboot`);
    await test.clock.advance(600_000);
    expect(test.host.snapshot()).toMatchObject({ activeVersion: '1.26.1', ...expected });
  });
});

describe('the SSM agent', () => {
  it('pings every five minutes, and counts as lost when a ping is overdue', async () => {
    const { host, clock } = makeHost();
    const age = (): number => clock.now() - host.ssmAgent.lastPing(clock.now());
    expect(age()).toBeLessThan(300_000);
    host.amend({ ssm: 'connection-lost' });
    expect(host.ssmAgent.pingStatus(clock.now())).toBe('Online');
    await clock.advance(331_000);
    expect(host.ssmAgent.pingStatus(clock.now())).toBe('ConnectionLost');
    host.amend({ ssm: 'online' });
    expect(host.ssmAgent.pingStatus(clock.now())).toBe('Online');
    expect(age()).toBe(0);
  });

  it('never was there without the control container', () => {
    expect(makeHost({ controlContainer: false }).host).toMatchObject({
      isManagedBySsm: false,
      ssmAgentUp: false,
    });
    expect(makeHost({ ssm: 'never-registered' }).host).toMatchObject({ isManagedBySsm: false });
    expect(makeHost({ ssm: 'connection-lost' }).host).toMatchObject({
      isManagedBySsm: true,
      ssmAgentUp: false,
    });
  });
});

it('is terminated for good', async () => {
  const test = makeHost();
  test.host.terminate('AKIAOTHER');
  expect(test.host).toMatchObject({ ec2State: 'shutting-down', ssmAgentUp: false, ecsAgentUp: false });
  test.host.rebootByEc2();
  await test.clock.advance(120_000);
  expect(test.host.ec2State).toBe('terminated');
  expect(test.events()).not.toContain('boot-finished');
});

describe('a script', () => {
  it('sees the control container: no systemctl, no reboot, the clock of the host', async () => {
    const { run, clock } = makeHost({ clockSkewSeconds: 90 });
    expect((await run('systemctl reboot')).exitCode).toBe(127);
    expect((await run('reboot')).exitCode).toBe(127);
    expect((await run('date +%s')).stdout).toBe(`${clock.now() / 1000 + 90}\n`);
    expect((await run('. /etc/bottlerocket-release; echo $VERSION_ID; id -u')).stdout).toBe('1.26.0\n0\n');
  });

  it('takes simulated time', async () => {
    const { run, clock } = makeHost();
    const before = clock.now();
    await run('sleep 90; sleep 1');
    expect(clock.now() - before).toBe(91_000);
  });

  it('reboots another system by its own means', async () => {
    const test = makeHost({ os: 'amazon-linux-2023', offered: null });
    expect((await test.run('systemctl reboot')).exitCode).toBe(0);
    await back(test);
    expect(test.event('boot-finished')).toMatchObject({ fellBack: false });
  });
});
