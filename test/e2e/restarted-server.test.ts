import { describe, test } from 'vitest';
import type { MomentName } from '../../chaos/moments.js';
import { watch } from '../../chaos/sights.js';
import { startMortalServer } from '../../chaos/server.js';
import { eventually } from '../support/eventually.js';
import { hosts, startFleet } from '../support/fleet.js';
import { startProcessInstallation } from '../support/worker-processes.js';

const patient = { drainLimit: '2h', updateLimit: '2h', rebootLimit: '2h', verifyLimit: '2h' };

/** What a call says, null as long as the server is away. */
const answered = async <T>(call: () => Promise<T>): Promise<T | null> => call().catch(() => null);

describe.concurrent('a Temporal server that is killed and comes back on its database', () => {
  test.for<[step: string, moment: MomentName]>([
    ['while hosts are asked', 'check sent'],
    ['while an instance drains', 'drain asked for'],
    ['while an update is written', 'apply started'],
    ['while a host boots', 'reboot started'],
    ['while an instance is given back', 'set active'],
  ])('%s: the rollout goes on, and nothing is done twice', async ([, moment], { expect, onTestFinished }) => {
    const server = await startMortalServer();
    onTestFinished(() => server.close());
    const installation = await startProcessInstallation(server.address);
    onTestFinished(() => installation.close());
    const fleet = await startFleet(installation, { instances: hosts('a', 'b') }, {});
    onTestFinished(() => fleet.close());
    installation.startWorker();
    await installation.workerPolls();
    const killed = new Promise<void>((resolve) => {
      let done = false;
      watch(fleet.simulator, ({ is }) => {
        if (done || !is(moment)) return;
        done = true;
        expect(server.restart(1000)).toBe(true);
        resolve();
      });
    });
    await answered(() => fleet.start(patient));
    await killed;
    await server.settled();
    const { runId } = await eventually('the rollout is there again', () =>
      answered(() => fleet.handle().describe()),
    );
    await eventually(
      'the rollout has ended',
      async () => (await answered(() => fleet.handle().describe()))?.status.name === 'COMPLETED',
      180_000,
    );
    expect((await fleet.handle().describe()).runId).toBe(runId);
    expect(fleet.outcomes(await fleet.report())).toEqual({ a: 'updated', b: 'updated' });
    for (const event of ['apply-started', 'reboot-started']) {
      const hits = fleet.simulator.fleet.journal.entries.filter(
        (entry) => entry.kind === 'event' && entry.event === event,
      );
      expect(hits, event).toHaveLength(2);
    }
  });
});
