import type { SimulatorOptions } from '../src/simulator/simulator.js';

/** What takes long in life is shorter here, so that a run takes a minute; not so short that nothing can strike within it. */
export const timings = {
  ecs: {
    schedulerReaction: [0.5, 3],
    taskStart: [1, 5],
    healthyAfter: 5,
    taskStop: [1, 10],
  },
  host: {
    refresh: [300, 2000],
    prepare: [5000, 30_000],
    shutdown: [1000, 5000],
    boot: [10_000, 30_000],
    ecsAgent: [1000, 5000],
    ssmAgent: [1000, 10_000],
    ssmAgentRetry: [10_000, 45_000],
  },
  ssm: {
    lostResult: { failed: 1, stuck: 1, success: 1, replayed: 1 },
  },
} satisfies SimulatorOptions['timings'];
