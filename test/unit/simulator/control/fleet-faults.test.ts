import { stripVTControlCharacters } from 'node:util';
import { DescribeServicesCommand } from '@aws-sdk/client-ecs';
import { GetCommandInvocationCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import { beforeEach, describe, expect, it } from 'vitest';
import type { FaultInput } from '../../../../src/simulator/control/faults.js';
import { liveTasks } from '../../../../src/simulator/ecs/task-runner.js';
import type { Host } from '../../../../src/simulator/host/host.js';
import type { FleetEvent } from '../../../../src/simulator/kernel.js';
import {
  behind,
  cluster,
  found,
  minutes,
  seconds,
  startBench,
  threeInstances,
  type Bench,
} from '../support.js';

let bench: Bench;
let instance: string;
let host: Host;
beforeEach(async () => {
  bench = await startBench({ instances: threeInstances, services: [{ name: 'web', desiredCount: 3 }] });
  instance = bench.instance('a').ec2InstanceId;
  host = found(bench.simulator.fleet.hosts.get(instance));
});

const arm = (fault: FaultInput) => bench.simulator.fault(fault);

const events = (event: string): FleetEvent[] =>
  bench.simulator.fleet.journal.entries.filter(
    (entry): entry is FleetEvent => entry.kind === 'event' && entry.event === event,
  );
const until = (event: string, times = 1) =>
  bench.clock.advanceUntil(() => events(event).length >= times, minutes(60));

async function send(command: string, TimeoutSeconds = 600): Promise<string> {
  const { Command } = await bench.ssm.send(
    new SendCommandCommand({
      DocumentName: 'AWS-RunShellScript',
      InstanceIds: [instance],
      Parameters: { commands: [command] },
      TimeoutSeconds,
    }),
  );
  return found(Command?.CommandId);
}

const result = (CommandId: string) =>
  bench.ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId: instance }));

/** Runs a command to its end as Systems Manager tells it. */
async function run(command: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const id = await send(command);
  const done = events('command-finished').length + 1;
  await until('command-finished', done);
  await bench.clock.advance(seconds(5));
  const { ResponseCode = 0, StandardOutputContent = '', StandardErrorContent = '' } = await result(id);
  return { code: ResponseCode, stdout: StandardOutputContent, stderr: StandardErrorContent };
}

describe('commands', () => {
  it('may arrive late, though they have expired', async () => {
    arm({ kind: 'command', mishap: 'late', instance, delaySeconds: 5000 });
    const id = await send('touch /tmp/late', 30);
    await bench.clock.advance(seconds(4990));
    expect((await result(id)).StatusDetails).toBe('DeliveryTimedOut');
    expect(events('command-delivered')).toEqual([]);
    await bench.clock.advance(seconds(20));
    expect(events('command-finished')).toMatchObject([{ commandId: id, exitCodes: [0] }]);
    expect((await result(id)).StatusDetails).toBe('DeliveryTimedOut');
  });

  it('may run twice', async () => {
    arm({ kind: 'command', mishap: 'twice', document: 'ShellScript', delaySeconds: 60 });
    const id = await send('true');
    await until('command-finished', 2);
    expect(events('command-replayed')).toMatchObject([{ commandId: id }]);
    expect((await result(id)).Status).toBe('Success');
  });

  it('may run without anybody hearing of it', async () => {
    arm({ kind: 'command', mishap: 'result-lost' });
    const id = await send('true', 30);
    await until('command-finished');
    await bench.clock.advance(minutes(10));
    expect((await result(id)).Status).toBe('InProgress');
    expect(await run('true')).toMatchObject({ code: 0 });
  });

  it('meet a mishap only where they are meant', async () => {
    arm({ kind: 'command', mishap: 'result-lost', instance: bench.instance('b').ec2InstanceId });
    arm({ kind: 'command', mishap: 'result-lost', document: '-reboot' });
    expect(await run('true')).toMatchObject({ code: 0 });
  });

  it('are replayed by an agent that restarts, if so armed', async () => {
    const lostResult = { failed: 0, stuck: 0, success: 0, replayed: 1 };
    arm({ kind: 'timings', ssm: { lostResult } });
    await send('sleep 100');
    await until('command-delivered');
    arm({ kind: 'amend-host', instance, host: { ssm: 'connection-lost' } });
    arm({ kind: 'amend-host', instance, host: { ssm: 'online' } });
    await until('command-replayed');
    expect(events('command-delivered')).toHaveLength(1);
  });
});

const amend = (change: object) => arm({ kind: 'amend-host', instance, host: { ...change } });

describe('a host', () => {
  it('may have its update lock held by somebody else', async () => {
    amend({ updateLock: 'held' });
    const checked = await run('apiclient update check');
    expect(checked).toMatchObject({ code: 1, stdout: '' });
    expect(checked.stderr).toContain("got code '423 Locked'");
    amend({ updateLock: 'free' });
    expect(await run('apiclient update check')).toMatchObject({ code: 0 });
  });

  it('may print JSON in colours', async () => {
    amend({ output: 'ansi' });
    const { stdout } = await run('apiclient update check');
    expect(stdout).toContain('\u001B[32m');
    expect(stripVTControlCharacters(stdout)).toContain('"update_state": "Available"');
  });

  it('may find its update gone (404) when it prepares it', async () => {
    amend({ apply: 'not-found' });
    const { code, stderr } = await run('apiclient update check && apiclient update apply');
    expect([code, stderr]).toEqual([1, expect.stringContaining('Previously chosen Update no longer exists')]);
  });

  it('may have no room for an update', async () => {
    amend({ apply: 'fails-prepare' });
    const { stderr } = await run('apiclient update check && apiclient update apply');
    expect(stderr).toContain('No space left on device');
  });

  it('stays Staged with nothing on its other partition if the update was withdrawn since the check', async () => {
    await run('apiclient update check');
    amend({ offered: null });
    const { code, stderr } = await run('apiclient update apply');
    expect([code, stderr]).toEqual([1, expect.stringContaining('not valid for upgrade')]);
    expect(host.snapshot()).toMatchObject({
      updateState: 'Staged',
      partitions: { inactive: { version: null } },
    });
  });

  it('may be updated by somebody else, to another version', async () => {
    await run('apiclient update check');
    arm({ kind: 'update-by-hand', instance, version: '1.30.0' });
    const { stdout } = await run('apiclient update check');
    expect(JSON.parse(stdout)).toMatchObject({
      update_state: 'Ready',
      staging_partition: { image: { version: '1.30.0' }, next_to_boot: true },
    });
  });

  it('may take ten minutes to apply', async () => {
    arm({ kind: 'timings', host: { prepare: [590_000, 595_000] } });
    const start = bench.clock.now();
    expect(await run('apiclient update check && apiclient update apply')).toMatchObject({ code: 0 });
    expect(bench.clock.now() - start).toBeGreaterThan(minutes(9));
  });

  it('may accept a reboot and stay up', async () => {
    amend({ reboot: 'ignored' });
    const { bootId } = host;
    expect(await run('apiclient reboot')).toMatchObject({ code: 0 });
    await bench.clock.advance(minutes(30));
    expect([host.bootId, events('reboot-ignored').length]).toEqual([bootId, 1]);
  });

  it('may come back long after everybody else’s', async () => {
    amend({ bootDelaySeconds: 1800 });
    await send('apiclient reboot');
    await until('reboot-started');
    await bench.clock.advance(minutes(29));
    expect(events('boot-finished')).toEqual([]);
    await until('boot-finished');
  });

  it('may have another time than everybody else', async () => {
    amend({ clockSkewSeconds: -3600 });
    const { stdout } = await run('date +%s');
    expect(Math.abs(Number(stdout) * 1000 - (bench.clock.now() - minutes(60)))).toBeLessThan(minutes(1));
  });
});

describe('the cluster', () => {
  it('may gain instances', async () => {
    const { ec2InstanceIds } = { ec2InstanceIds: [], ...arm({ kind: 'join', like: instance, count: 2 }) };
    expect(ec2InstanceIds).toHaveLength(2);
    await bench.clock.advanceUntil(() => bench.cluster.instances.size === 5, minutes(5));
    const joined = [...bench.cluster.instances.values()].slice(3);
    expect(joined).toMatchObject([
      { status: 'ACTIVE', agentConnected: true, availabilityZone: 'eu-central-1a' },
      { host: { activeVersion: behind.version } },
    ]);
    expect(() => arm({ kind: 'join', like: 'i-1' })).toThrow(/^like: /);
  });

  it('may lose one that goes on running', async () => {
    const a = bench.instance('a');
    arm({ kind: 'deregister', instance });
    expect([a.status, host.ec2State]).toEqual(['INACTIVE', 'running']);
  });

  it('may see a service deleted', async () => {
    arm({ kind: 'delete-service', service: 'web' });
    await bench.clock.advanceUntil(() => liveTasks(bench.instance('a')).length === 0, minutes(10));
    const { failures } = await bench.ecs.send(new DescribeServicesCommand({ cluster, services: ['web'] }));
    expect(failures).toMatchObject([{ reason: 'MISSING' }]);
    expect(() => arm({ kind: 'delete-service', service: 'web' })).toThrow(/^service: /);
  });

  it('may have tasks that take long to stop', async () => {
    arm({ kind: 'update-service', service: 'web', deregistrationDelaySeconds: 300, stopSeconds: 120 });
    arm({ kind: 'set-state', instance, status: 'DRAINING' });
    await until('task-stop-ordered');
    await bench.clock.advance(seconds(415));
    expect(liveTasks(bench.instance('a'))).toMatchObject([{ lastStatus: 'STOPPING' }]);
    await bench.clock.advanceUntil(() => liveTasks(bench.instance('a')).length === 0, minutes(1));
  });

  it('may have a service that never drains', async () => {
    arm({ kind: 'update-service', service: 'web', minimumHealthyPercent: 100, maximumPercent: 100 });
    arm({ kind: 'set-state', instance, status: 'DRAINING' });
    await bench.clock.advance(minutes(60));
    expect(liveTasks(bench.instance('a'))).toHaveLength(1);
  });
});

describe('timings', () => {
  it.each<[Omit<Extract<FaultInput, { kind: 'timings' }>, 'kind'>, RegExp]>([
    [{ ecs: { lag: 1 } }, /^ecs\.lag: no such timing; there is .*listLag/],
    [{ host: { boot: 5 } }, /^host\.boot: 5: \[shortest, longest\]$/],
    [{ ecs: { listLag: [1, 2] } }, /^ecs\.listLag: \[1,2\]: one number$/],
  ])('are refused where they make no sense: %j', (timings, message) => {
    expect(() => arm({ kind: 'timings', ...timings })).toThrow(message);
  });
});
