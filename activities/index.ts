import { ActivityFailure, ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { type AwsClients, type AwsPlace, clientsByPlace } from '../src/aws/clients.js';
import { toFailure } from '../src/aws/errors.js';
import { heedCancellation } from './cancelling.js';
import { checkForUpdates } from './checks.js';
import {
  describeInstances,
  discoverInstances,
  findInstance,
  lookAtCluster,
  matchInstances,
} from './discovery.js';
import { describeRemaining, startDraining, waitUntilDrained } from './draining.js';
import { activate, waitForWorkflow } from './giving-back.js';
import { describeOrder } from './describing-orders.js';
import { rebootThroughEc2, waitForEc2Boot } from './ec2-reboots.js';
import { describeHealth, waitUntilHealthy, waitUntilSteady } from './health.js';
import { keepBeating } from './heartbeat.js';
import { hold } from './holding.js';
import { machineStates } from './machines.js';
import { examine } from './examining.js';
import { deliver } from './notifying.js';
import { findOwnHosts } from './own-hosts.js';
import { tryOrders } from './permissions.js';
import { checkPrerequisites } from './prerequisites.js';
import { noteBehind } from './noting-behind.js';
import { quarantineVersion } from './quarantining.js';
import { waitUntilQuiet } from './quieting.js';
import { assessRisks } from './risks.js';
import { orderReboot, waitForBoot } from './rebooting.js';
import { pauseSchedule, readSchedule, resumeSchedule } from './schedules.js';
import { carryOut, forgetSkips } from './standing-orders.js';
import { tellRollout } from './telling.js';
import type { Activities } from './types.js';
import { applyUpdate } from './updating.js';
import { inspectCluster, inspectWorkloads } from './workloads.js';

export type { Activities } from './types.js';

type Input = { cluster: { name: string } & AwsPlace; instance?: { ec2InstanceId: string } };

/** Makes the activities. By default the clients of each Region and role are made when first needed, from the SDK's own settings. */
export function createActivities(clientsOf: (place: AwsPlace) => AwsClients = clientsByPlace()): Activities {
  /** Gives an activity its clients, and makes what AWS throws a failure that Temporal understands. */
  const on =
    <I extends Input, O>(
      work: (clients: AwsClients, input: I) => Promise<O>,
      options: { always?: true } = {},
    ) =>
    async (input: I): Promise<O> => {
      try {
        const clients = heedCancellation(clientsOf(input.cluster));
        return await keepBeating(() => work(clients, input));
      } catch (err) {
        if (
          err instanceof ApplicationFailure ||
          err instanceof CancelledFailure ||
          err instanceof ActivityFailure
        )
          throw err;
        throw toFailure(err, subject(input), options.always);
      }
    };
  return {
    checkPrerequisites: on(checkPrerequisites),
    tryOrders: on(tryOrders),
    findOwnHosts: on(findOwnHosts),
    discoverInstances: on(discoverInstances),
    matchInstances: on(matchInstances),
    findInstance: on(findInstance),
    describeInstances: on(describeInstances),
    machineStates: on(machineStates),
    lookAtCluster: on(lookAtCluster),
    checkForUpdates: on(checkForUpdates),
    inspectWorkloads: on(inspectWorkloads),
    inspectCluster: on(inspectCluster),
    assessRisks: on(assessRisks),
    startDraining: on(startDraining),
    waitUntilDrained: on(waitUntilDrained),
    describeRemaining: on(describeRemaining),
    applyUpdate: on(applyUpdate),
    orderReboot: on(orderReboot),
    waitForBoot: on(waitForBoot),
    rebootThroughEc2: on(rebootThroughEc2),
    waitForEc2Boot: on(waitForEc2Boot),
    waitUntilHealthy: on(waitUntilHealthy),
    describeHealth: on(describeHealth),
    describeOrder: on(describeOrder),
    waitUntilSteady: on(waitUntilSteady),
    quarantineVersion: on(quarantineVersion),
    noteBehind: on(noteBehind),
    carryOut: on(carryOut),
    examine: on(examine),
    forgetSkips: on(forgetSkips),
    tellRollout: beating(tellRollout),
    readSchedule: beating(readSchedule),
    pauseSchedule: beating(pauseSchedule),
    resumeSchedule: beating(resumeSchedule),
    // Giving back is tried again whatever the error: nothing else brings the instance back.
    waitUntilQuiet: on(waitUntilQuiet, { always: true }),
    hold: on(hold, { always: true }),
    activate: on(activate, { always: true }),
    deliver: (input) => deliver(clientsOf, input),
    waitForWorkflow,
  };
}

/** Of Temporal alone: its errors are those that it retries by itself. */
const beating =
  <I, O>(work: (input: I) => Promise<O>) =>
  (input: I): Promise<O> =>
    keepBeating(() => work(input));

const subject = ({ cluster, instance }: Input): string =>
  instance ? `${cluster.name}/${instance.ec2InstanceId}` : cluster.name;
