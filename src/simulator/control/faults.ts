import { z } from 'zod';
import { categoryNames } from '../http/throttle.js';
import { serviceNames } from '../kernel.js';

/** Which requests are meant; see `FaultSelector`. */
const requests = {
  service: z.enum(serviceNames).optional(),
  action: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
  category: z.enum(categoryNames).optional(),
  principal: z.string().optional(),
  instance: z.string().optional(),
  after: z.int().min(0).optional(),
  times: z.int().min(1).optional(),
  seconds: z.number().positive().optional(),
  probability: z.number().min(0).max(1).optional(),
};

/** Whether the request takes effect all the same. */
const when = z.enum(['before', 'after']);

const instance = z.string();
const task = {
  /** ARN or id of the task; or an instance and, where it has several, the group. */
  task: z.string().optional(),
  instance: instance.optional(),
  group: z.string().optional(),
};

const service = { service: z.string(), cluster: z.string().optional() };

const version = z.string().regex(/^\d+\.\d+\.\d+$/, 'a version like 1.26.1, without a v');

/** A duration, the shortest and longest one, or weights. */
const timing = z.union([
  z.number().min(0),
  z.tuple([z.number().min(0), z.number().min(0)]),
  z.record(z.string(), z.number().min(0)),
]);
const timings = z.record(z.string(), timing).default({});

/** What goes wrong on the way between a client and AWS. */
const requestFaults = [
  z.strictObject({
    kind: z.literal('aws-error'),
    ...requests,
    code: z.string(),
    message: z.string().default('injected by the simulator'),
    status: z.int().min(400).max(599).default(400),
    when: when.default('before'),
  }),
  z.strictObject({
    kind: z.literal('refuse'),
    ...requests,
    as: z.enum(['throttled', 'denied', 'expired', 'unknown-key']),
  }),
  z.strictObject({ kind: z.literal('latency'), ...requests, delaySeconds: z.number().positive() }),
  z.strictObject({ kind: z.literal('reset'), ...requests, when }),
  z.strictObject({ kind: z.literal('hang'), ...requests, when }),
  z.strictObject({
    kind: z.literal('garbage'),
    ...requests,
    body: z.enum(['html', 'truncated', 'empty', 'json']),
    status: z.int().min(200).max(599).default(200),
    when: when.default('after'),
  }),
  z.strictObject({
    kind: z.literal('pages'),
    ...requests,
    trouble: z.enum(['short', 'empty', 'repeated-token', 'shuffled']),
  }),
  z.strictObject({
    kind: z.literal('failures'),
    ...requests,
    reason: z.string().default('MISSING'),
    /** At most so many of a batch. */
    most: z.int().min(1).default(1),
  }),
] as const;

/** What goes wrong between Systems Manager and the agent of a host. */
const commandFault = z.strictObject({
  kind: z.literal('command'),
  mishap: z.enum(['late', 'twice', 'result-lost']),
  instance: instance.optional(),
  /** Name of the document, or its end. */
  document: z.string().optional(),
  times: z.int().min(1).default(1),
  /** Of `late` and `twice`. */
  delaySeconds: z.number().min(0).default(0),
});

/** What happens to hosts and their Auto Scaling groups. */
const hostFaults = [
  z.strictObject({
    kind: z.literal('terminate'),
    instance,
    /** Its agent is cut off first, so that ECS does not learn of the end and lists it for ever. */
    leavesGhost: z.boolean().default(false),
  }),
  /** As its Auto Scaling group terminates it, lifecycle hook and all; it is replaced. */
  z.strictObject({ kind: z.literal('asg-terminate'), instance }),
  z.strictObject({ kind: z.literal('join'), like: instance, count: z.int().min(1).default(1) }),
  z.strictObject({ kind: z.literal('reboot'), instance }),
  /** Changes how the host behaves from now on: any member of the scenario's `host` but os and version. */
  z.strictObject({ kind: z.literal('amend-host'), instance, host: z.record(z.string(), z.unknown()) }),
  /** Somebody at the host has staged a version, or also made it ready for the next boot. */
  z.strictObject({
    kind: z.literal('update-by-hand'),
    instance,
    version,
    found: z.enum(['staged', 'ready']).default('ready'),
  }),
  /** How long things take from now on, each in the unit of its part: seconds of ecs, ec2 and autoScaling, milliseconds of host and ssm. */
  z.strictObject({
    kind: z.literal('timings'),
    ecs: timings,
    host: timings,
    ssm: timings,
    ec2: timings,
    autoScaling: timings,
  }),
] as const;

/** What other people and programs do to a cluster. */
const clusterFaults = [
  z.strictObject({ kind: z.literal('set-state'), instance, status: z.enum(['ACTIVE', 'DRAINING']) }),
  z.strictObject({ kind: z.literal('deregister'), instance }),
  z.strictObject({
    kind: z.literal('run-task'),
    /** Absent: wherever there is room. */
    instance: instance.optional(),
    family: z.string().default('by-hand'),
    durationSeconds: z.number().min(0).optional(),
    cpu: z.int().min(1).default(128),
    memory: z.int().min(4).default(128),
  }),
  z.strictObject({ kind: z.literal('stop-task'), ...task }),
  z.strictObject({
    kind: z.literal('protect-task'),
    ...task,
    minutes: z.int().min(1).max(2880).default(120),
  }),
  z.strictObject({
    kind: z.literal('agent'),
    instance,
    connected: z.boolean(),
    /** With `connected: false`; absent: until told otherwise. */
    forSeconds: z.number().positive().optional(),
  }),
  z.strictObject({
    kind: z.literal('update-service'),
    ...service,
    desiredCount: z.int().min(0).optional(),
    minimumHealthyPercent: z.int().min(0).optional(),
    maximumPercent: z.int().min(100).optional(),
    deregistrationDelaySeconds: z.number().min(0).optional(),
    /** How long its containers ignore SIGTERM. */
    stopSeconds: z.number().min(0).optional(),
    forceNewDeployment: z.boolean().default(false),
  }),
  z.strictObject({ kind: z.literal('delete-service'), ...service }),
] as const;

/** What can be done to a fleet from outside, by hand or by chance; durations in simulated seconds. */
export const faultSchema = z.discriminatedUnion('kind', [
  ...requestFaults,
  commandFault,
  ...hostFaults,
  ...clusterFaults,
]);

export type FaultRequest = z.infer<typeof faultSchema>;

/** A fault before its defaults are filled in. */
export type FaultInput = z.input<typeof faultSchema>;
