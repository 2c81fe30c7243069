import type { Random } from '../kernel.js';

/** Shortest and longest duration, simulated milliseconds; each time one is drawn between them. */
export type Span = readonly [shortest: number, longest: number];

/** How long a host takes for what it does. */
export interface HostTimings {
  /** Asking the repository for updates. */
  refresh: Span;
  /** The same, from a repository that is `slow`: longer than the client's 10 s. */
  slowRefresh: Span;
  /** Downloading and writing an image to the other partition set. */
  prepare: Span;
  /** Marking it for the next boot, or taking that back. */
  activate: Span;
  /** From a reboot order to the agents going away. */
  rebootBegins: Span;
  /** How long a delay inhibitor holds a reboot; systemd's limit on Bottlerocket is 300 s. */
  inhibited: Span;
  /** From the agents going away to the network going down. */
  shutdown: Span;
  /** From there to userspace, agents not yet included. */
  boot: Span;
  /** A kernel panic reboots by itself after 10 s. */
  panic: Span;
  /** From userspace to the ECS agent connected. */
  ecsAgent: Span;
  /** From userspace to the SSM agent online. */
  ssmAgent: Span;
  /** Added where the control container fails at first and is restarted. */
  ssmAgentRetry: Span;
  /** EC2 resets a machine that does not go down by itself. */
  hardReset: Span;
  /** From TerminateInstances to terminated. */
  termination: Span;
}

const seconds = (shortest: number, longest: number): Span => [shortest * 1000, longest * 1000];

/** Defaults, from the times seen on real hosts (aws-facts §4.3). */
export const defaultHostTimings: HostTimings = {
  refresh: seconds(1, 4),
  slowRefresh: seconds(12, 30),
  prepare: seconds(19, 88),
  activate: seconds(0.5, 2),
  rebootBegins: seconds(0.2, 2),
  inhibited: seconds(30, 300),
  shutdown: seconds(2, 13),
  boot: seconds(25, 60),
  panic: seconds(15, 25),
  ecsAgent: seconds(3, 15),
  ssmAgent: seconds(5, 30),
  ssmAgentRetry: seconds(45, 45),
  hardReset: seconds(120, 240),
  termination: seconds(20, 60),
};

/** One duration out of a span, milliseconds. */
export const draw = (random: Random, [shortest, longest]: Span): number => random.between(shortest, longest);
