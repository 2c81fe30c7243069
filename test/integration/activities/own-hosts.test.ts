import { afterEach, expect, test } from 'vitest';
import { behind, startFleet, type TestFleet } from './fleet.js';

const variable = 'ECS_CONTAINER_METADATA_URI_V4';
afterEach(() => {
  delete process.env[variable];
});

const start = (pageSize = 100) =>
  startFleet(
    {
      instances: ['a', 'b', 'c'].map((name) => ({ name, host: behind })),
      services: [
        { name: 'workers', desiredCount: 2, on: ['a', 'c'] },
        { name: 'web', desiredCount: 3 },
      ],
      otherClusters: [
        { cluster: 'second', instances: [{ name: 'd' }], tasks: [{ family: 'worker', on: 'd' }] },
      ],
    },
    { pageSize },
  );

/** Lets this process believe that it runs in a task. */
function runIn(fleet: TestFleet, taskId: string): void {
  process.env[variable] = `${fleet.simulator.url}/v4/${taskId}-0123456789`;
}

const idOf = (taskArn = '') => taskArn.slice(taskArn.lastIndexOf('/') + 1);

const taskOn = (fleet: TestFleet, name: string, group: string) =>
  idOf(fleet.state(name).tasks.find((task) => task.group === group)?.taskArn);

const ask = (fleet: TestFleet) => fleet.attempt('findOwnHosts', { cluster: fleet.cluster });

const arns = (fleet: TestFleet, ...names: string[]) =>
  names.map((name) => fleet.on(name).instance.containerInstanceArn).toSorted();

test('those on which the tasks of its service run, on whatever page', async () => {
  const fleet = await start(1);
  runIn(fleet, taskOn(fleet, 'a', 'service:workers'));
  expect((await ask(fleet)).toSorted()).toEqual(arns(fleet, 'a', 'c'));
});

test('its own alone where it is of no service', async () => {
  const fleet = await start();
  fleet.simulator.fault({ kind: 'run-task', instance: fleet.id('b'), family: 'worker' });
  runIn(fleet, taskOn(fleet, 'b', 'family:worker'));
  expect(await ask(fleet)).toEqual(arns(fleet, 'b'));
});

test('none where it runs elsewhere, and no call is made', async () => {
  const fleet = await start();
  expect(await ask(fleet)).toEqual([]);
  const second = fleet.simulator.state().clusters.find(({ name }) => name === 'second');
  runIn(fleet, idOf(second?.instances[0]?.tasks[0]?.taskArn));
  expect(await ask(fleet)).toEqual([]);
  expect(fleet.sent.filter((action) => action.includes('Tasks'))).toEqual([]);
});

test.each<[string, (fleet: TestFleet) => void]>([
  ['the agent knows no such task', (fleet) => runIn(fleet, '0123456789abcdef0123456789abcdef')],
  [
    'nobody answers for the agent',
    () => {
      process.env[variable] = 'http://127.0.0.1:1/v4/x';
    },
  ],
  [
    'reading tasks is denied',
    (fleet) => {
      runIn(fleet, taskOn(fleet, 'a', 'service:workers'));
      fleet.simulator.fault({ kind: 'refuse', as: 'denied', action: 'DescribeTasks', times: 9 });
    },
  ],
])('none where %s: that fails no rollout', async (_what, given) => {
  const fleet = await start();
  given(fleet);
  expect(await ask(fleet)).toEqual([]);
});
