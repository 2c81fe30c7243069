import { describe, expect, it } from 'vitest';
import { liveTasks } from '../../../../src/simulator/ecs/task-runner.js';
import type { JournalEntry } from '../../../../src/simulator/kernel.js';
import { behind, found, minutes, seconds, startBench, type Bench } from '../support.js';

const eventsOf = (bench: Bench, name: string): JournalEntry[] =>
  bench.simulator.fleet.journal.entries.filter((entry) => entry.kind === 'event' && entry.event === name);

describe('an agent', () => {
  it('loses its connection now and then, for seconds, where the scenario says so', async () => {
    const bench = await startBench({ instances: [{ name: 'a', host: behind }], agentFlapsPerHour: 3 });
    await bench.clock.advance(minutes(24 * 60));
    const lost = eventsOf(bench, 'agent-disconnected');
    const back = eventsOf(bench, 'agent-connected');
    expect(lost.length).toBeGreaterThan(40);
    expect(lost.length).toBeLessThan(110);
    const gaps = back.map((entry, index) => Date.parse(entry.time) - Date.parse(lost[index]?.time ?? ''));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(seconds(1));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(seconds(10));
  });

  it('never does where it does not', async () => {
    const bench = await startBench({ instances: [{ name: 'a', host: behind }] });
    await bench.clock.advance(minutes(24 * 60));
    expect(eventsOf(bench, 'agent-disconnected')).toEqual([]);
  });

  it('that was cut off connects again after a reboot', async () => {
    const bench = await startBench({
      instances: [{ name: 'a', host: behind, agentConnected: false }],
      services: [{ name: 'web' }],
    });
    const a = bench.instance('a');
    expect([a.agentConnected, liveTasks(a).length]).toEqual([false, 1]);
    bench.simulator.fault({ kind: 'reboot', instance: a.ec2InstanceId });
    await bench.clock.advanceUntil(() => a.agentConnected, minutes(10));
  });

  it('that the new image lost stays away, though the host runs', async () => {
    const bench = await startBench({
      instances: [{ name: 'a', host: { ...behind, found: 'ready', boot: 'ecs-agent-lost' } }],
    });
    const a = bench.instance('a');
    const host = found(bench.simulator.fleet.hosts.get(a.ec2InstanceId));
    bench.simulator.fault({ kind: 'reboot', instance: a.ec2InstanceId });
    await bench.clock.advanceUntil(() => host.activeVersion === '1.26.1' && host.ssmAgentUp, minutes(10));
    await bench.clock.advance(minutes(60));
    expect(a.agentConnected).toBe(false);
  });

  it('reports the version that came with the operating system', async () => {
    const bench = await startBench({ instances: [{ name: 'a', host: { ...behind, found: 'ready' } }] });
    const a = bench.instance('a');
    expect(a.agentVersion).toBe('1.86.0');
    bench.simulator.fault({ kind: 'reboot', instance: a.ec2InstanceId });
    await bench.clock.advanceUntil(() => !a.agentConnected, minutes(1));
    await bench.clock.advanceUntil(() => a.agentConnected, minutes(10));
    expect(a.agentVersion).toBe('1.86.1');
  });
});
