import { describe } from 'vitest';
import { type Fleet, hosts } from '../../support/fleet.js';
import { principals } from '../../support/installation.js';
import { test } from '../../support/rollouts.js';
import { effectsOn, once, unmet } from './incidents.js';

/** The token of a request or of an answer. */
function tokenOf(body: unknown): string | undefined {
  const [, token] = /"[nN]extToken":"([^"]+)"/.exec(JSON.stringify(body)) ?? [];
  return token;
}

/** What the items of a page are about: ARNs, or the instance of each. */
const namesOn = (answer: unknown): unknown[] =>
  (typeof answer === 'object' && answer !== null
    ? (Object.values(answer).find(Array.isArray) ?? [])
    : []
  ).map((item: unknown) => /"InstanceId":"([^"]+)"/.exec(JSON.stringify(item))?.[1] ?? item);

/** How often the worker went on after a page that was not full, or was given a page again: plain paging needs neither. */
function extraPages(fleet: Fleet, action: string, pageSize: number): number {
  const pages = fleet.requests(principals.worker, action);
  return pages.filter(({ parameters, answer }) => {
    const token = tokenOf(parameters);
    if (token === undefined) return false;
    const before = namesOn(pages.find((page) => tokenOf(page.answer) === token)?.answer);
    return before.length < pageSize || before.join() === namesOn(answer).join();
  }).length;
}

describe.concurrent('lists', () => {
  const lists = [
    'ListContainerInstances',
    'ListTasks',
    'DescribeInstanceInformation',
    'ListCommandInvocations',
  ];
  const pageSize = 2;
  const many = ['a', 'b', 'c', 'd', 'e', 'f'];

  test('that lag behind by seconds hide nobody, and no task', async ({ startFleet, expect }) => {
    const fleet = await startFleet({
      instances: hosts(...many),
      services: [{ name: 'web', desiredCount: 6 }],
    });
    fleet.simulator.fault({ kind: 'timings', ecs: { listLag: 4 } });
    const report = await fleet.rollOut({ maxUnavailable: '3' });
    expect(fleet.outcomes(report)).toEqual(Object.fromEntries(many.map((name) => [name, 'updated'])));
    for (const name of many) expect(effectsOn(fleet, name)).toEqual(once);
  });

  test.for([
    // A page of one cannot be cut: only from some on there are two tasks on a host.
    ['short', 20],
    ['empty', 2],
    ['repeated-token', 2],
    ['shuffled', 1],
  ] as const)(
    'of which pages are %s are read to their end, and every instance has its turn once',
    async ([trouble, times], { startFleet, expect }) => {
      const fleet = await startFleet(
        { instances: hosts(...many), services: [{ name: 'web', desiredCount: 9 }] },
        { pageSize },
      );
      const troubled = { kind: 'pages', trouble, principal: principals.worker } as const;
      for (const action of lists) fleet.simulator.fault({ ...troubled, action, times });
      await fleet.start({ maxUnavailable: '3' });
      const report = await fleet.report();
      expect(fleet.outcomes(report)).toEqual(Object.fromEntries(many.map((name) => [name, 'updated'])));
      for (const name of many) expect(effectsOn(fleet, name)).toEqual(once);
      if (trouble === 'shuffled') expect(unmet(fleet)).toEqual([]);
      else for (const action of lists) expect(extraPages(fleet, action, pageSize), action).toBeGreaterThan(0);
    },
  );
});
