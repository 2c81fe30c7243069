import { beforeEach, describe, expect, it } from 'vitest';
import { liveTasks } from '../../../../src/simulator/ecs/task-runner.js';
import { found, minutes, startBench, threeInstances, us, type Bench } from '../support.js';

let bench: Bench;
beforeEach(async () => {
  bench = await startBench({ instances: threeInstances, services: [{ name: 'web', desiredCount: 3 }] });
});

async function ask(
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<{ status: number; json: unknown }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${bench.simulator.url}/_sim/${path}`, {
    method,
    ...(body !== undefined && { body: text }),
  });
  const json: unknown = await response.json();
  return { status: response.status, json };
}

const fault = (body: unknown) => ask('POST', 'faults', body);

it('shows the whole fleet', async () => {
  const { status, json } = await ask('GET', 'state');
  expect(status).toBe(200);
  expect(json).toMatchObject({
    time: '2026-07-10T06:00:00.000Z',
    violations: 0,
    clusters: [
      {
        name: 'demo',
        instances: [
          {
            ec2InstanceId: bench.instance('a').ec2InstanceId,
            availabilityZone: 'eu-central-1a',
            status: 'ACTIVE',
            agentConnected: true,
            tasks: [{ group: 'service:web', lastStatus: 'RUNNING', protected: false }],
            host: { activeVersion: '1.26.0', updateState: 'Idle', ec2State: 'running' },
          },
          {},
          {},
        ],
        services: [{ name: 'web', desiredCount: 3, runningCount: 3, steady: true }],
      },
    ],
  });
});

it('gives the journal from an index on', async () => {
  const { json: all } = await ask('GET', 'journal');
  expect(all).toContainEqual(expect.objectContaining({ event: 'instance-registered' }));
  const since = bench.simulator.fleet.journal.entries.length;
  await fault({ kind: 'set-state', instance: bench.instance('a').ec2InstanceId, status: 'DRAINING' });
  const { json } = await ask('GET', `journal?since=${since}`);
  expect(json).toMatchObject([
    { event: 'fault', fault: { kind: 'set-state' } },
    { event: 'instance-status', from: 'ACTIVE', to: 'DRAINING', principal: 'operator' },
  ]);
  expect(await ask('GET', 'journal?since=x')).toMatchObject({ status: 400 });
});

it('gives violations as an array, empty when all is well, of one principal if asked', async () => {
  expect(await ask('GET', 'violations')).toEqual({ status: 200, json: [] });
  await fault({ kind: 'reboot', instance: bench.instance('a').ec2InstanceId });
  await bench.clock.advance(minutes(1));
  const { json } = await ask('GET', 'violations');
  expect(json).toContainEqual({
    time: expect.stringMatching(/^2026-07-10T06:00:/),
    invariant: 1,
    principal: 'operator',
    ec2InstanceId: bench.instance('a').ec2InstanceId,
    message: 'rebooted while ACTIVE',
  });
  expect(await ask('GET', `violations?principal=${us}`)).toEqual({ status: 200, json: [] });
});

describe('faults', () => {
  it('act as operator on instances and tasks', async () => {
    const a = bench.instance('a');
    const instance = a.ec2InstanceId;
    const ran = await fault({ kind: 'run-task', instance, durationSeconds: 30, family: 'hand' });
    expect(ran).toMatchObject({ status: 200, json: { taskArn: expect.stringContaining(':task/demo/') } });
    expect(liveTasks(a).map(({ group, starter }) => [group, starter])).toContainEqual([
      'family:hand',
      'operator',
    ]);
    await bench.clock.advanceUntil(() => liveTasks(a).length === 1, minutes(5));
    await fault({ kind: 'run-task', instance, family: 'hand' });
    await fault({ kind: 'stop-task', instance, group: 'family:hand' });
    await bench.clock.advanceUntil(() => liveTasks(a).length === 1, minutes(5));
    expect((await fault({ kind: 'protect-task', instance })).status).toBe(200);
    expect(found(liveTasks(a)[0]).protection).toBeDefined();
    expect((await fault({ kind: 'run-task' })).status).toBe(200);
    await fault({ kind: 'agent', instance, connected: false, forSeconds: 60 });
    expect(a.agentConnected).toBe(false);
    await fault({ kind: 'agent', instance, connected: true });
    expect(a.agentConnected).toBe(true);
    await fault({ kind: 'update-service', service: 'web', desiredCount: 1 });
    await bench.clock.advanceUntil(() => bench.service('web').tasks.size === 1, minutes(5));
    await fault({ kind: 'amend-host', instance, host: { offered: null } });
    expect(found(bench.simulator.fleet.hosts.get(instance)).spec.offered).toBeNull();
    await fault({ kind: 'terminate', instance });
    await bench.clock.advanceUntil(() => a.status === 'INACTIVE', minutes(5));
  });

  it.each([
    ['{', /^the body is no JSON$/],
    [{ kind: 'earthquake' }, /^kind: /],
    [{ kind: 'set-state', instance: 'i-1', status: 'GONE' }, /^status: "GONE": /],
    [{ kind: 'set-state', instance: 'i-1', status: 'ACTIVE' }, /^instance: no container instance 'i-1'$/],
    [{ kind: 'terminate', instance: 'i-1', force: true }, /force/],
    [{ kind: 'stop-task' }, /^task: give a task or an instance$/],
    [{ kind: 'aws-error', code: 'X', status: 200 }, /^status: 200: /],
  ])('are refused where they make no sense: %j', async (body, error) => {
    expect(await fault(body)).toMatchObject({ status: 400, json: { error: expect.stringMatching(error) } });
  });
});

it('starts anew, with the same fleet or another', async () => {
  await fault({ kind: 'set-state', instance: bench.instance('a').ec2InstanceId, status: 'DRAINING' });
  const before = bench.instance('a').ec2InstanceId;
  expect(await ask('POST', 'reset')).toEqual({ status: 200, json: {} });
  expect(bench.instance('a')).toMatchObject({ ec2InstanceId: before, status: 'ACTIVE' });
  await ask('POST', 'reset', { scenario: { cluster: 'other', instances: [{ count: 2 }] } });
  expect(bench.simulator.state().clusters).toMatchObject([{ name: 'other', instances: [{}, {}] }]);
  const { status, json } = await ask('POST', 'reset', { scenario: { instances: [] } });
  expect(status).toBe(400);
  expect(json).toMatchObject({ error: expect.stringMatching(/^instances: /) });
});

it('says what there is to whoever asks for something else', async () => {
  expect(await ask('GET', 'nonsense')).toMatchObject({
    status: 404,
    json: { error: expect.stringContaining('GET /_sim/state') },
  });
  expect(await ask('POST', 'audit', { principal: us, maxUnavailable: -1 })).toMatchObject({ status: 400 });
});
