import type { Random } from '../kernel.js';

/** Shortest and longest, in simulated seconds. */
export type Range = readonly [min: number, max: number];

/** How long things take in the ECS control plane and its agents. Simulated seconds; defaults from aws-facts §4.3. */
export interface EcsTimings {
  /** From a change that concerns a service until its scheduler acts. */
  schedulerReaction: Range;
  /** PENDING to RUNNING. */
  taskStart: Range;
  /** RUNNING until the scheduler counts a task as healthy, without a container health check. */
  healthyAfter: number;
  /** SIGTERM until the containers are gone; a service may set its own. */
  taskStop: Range;
  /** Order to stop a task that has not reached RUNNING until it is STOPPED. */
  pendingTaskStop: Range;
  /** Host down after a clean shutdown until ECS shows agentConnected=false. */
  disconnectAfterShutdown: Range;
  /** Host hung until ECS shows agentConnected=false: the agent's heartbeat is a minute, its socket deadline three. */
  disconnectAfterHang: Range;
  /** How often a healthy agent loses its connection for a moment; 0: never. ECS's documentation calls a few an hour normal. */
  flapsPerHour: number;
  /** How long such a loss lasts. */
  flapDuration: Range;
  /** How far ListTasks and ListContainerInstances lag behind what is. */
  listLag: number;
  /** How long stopped tasks and deregistered instances can still be described. */
  retention: number;
}

export const defaultEcsTimings: EcsTimings = {
  schedulerReaction: [1, 10],
  taskStart: [2, 20],
  healthyAfter: 40,
  taskStop: [1, 30],
  pendingTaskStop: [0.5, 3],
  disconnectAfterShutdown: [1, 5],
  disconnectAfterHang: [60, 180],
  flapsPerHour: 0,
  flapDuration: [1, 10],
  listLag: 0,
  retention: 3600,
};

/** A duration within `range`, in milliseconds. */
export const drawMs = (random: Random, [min, max]: Range): number => random.between(min, max) * 1000;
