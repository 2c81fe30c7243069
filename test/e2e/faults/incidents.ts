import type { FaultInput } from '../../../src/simulator/control/faults.js';
import type { FleetEvent } from '../../../src/simulator/kernel.js';
import type { ScenarioInput } from '../../../src/simulator/scenario.js';
import type { InstanceResult } from '../../../src/model/outcome.js';
import type { RolloutReport } from '../../../src/model/report.js';
import { eventually } from '../../support/eventually.js';
import { behind, type Fleet, hosts } from '../../support/fleet.js';
import { principals } from '../../support/installation.js';
import { isTrial } from '../../support/trials.js';

/** Hosts one version behind, each with what is odd about it, whose turns come in this order. */
export const hostsThat = (odd: Record<string, Record<string, unknown>>): ScenarioInput['instances'] =>
  hosts(...Object.keys(odd)).map((one) => ({ ...one, host: { ...behind, ...odd[one.name ?? ''] } }));

/** An event of an instance: its name, and where it matters what it changed to. */
interface Moment {
  event: string;
  on: string;
  to?: string;
}

export const draining = (on: string): Moment => ({ event: 'instance-status', to: 'DRAINING', on });

const fits = (fleet: Fleet, { event, on, to }: Moment, entry: FleetEvent): boolean =>
  entry.event === event && entry.ec2InstanceId === fleet.id(on) && (to === undefined || entry['to'] === to);

/** Does this when a moment comes for the first time: at once, before anybody can react to that moment. */
export function when(fleet: Fleet, moment: Moment, ...faults: FaultInput[]): void {
  let come = false;
  fleet.simulator.fleet.journal.on((entry) => {
    if (come || entry.kind !== 'event' || !fits(fleet, moment, entry)) return;
    come = true;
    // The one who writes the entry is to finish first.
    queueMicrotask(() => {
      for (const fault of faults) fleet.simulator.fault(fault);
    });
  });
}

/** Events of an instance so far, in order. */
export const eventsOn = (fleet: Fleet, name: string, event: string): FleetEvent[] =>
  fleet.simulator.fleet.journal.entries.flatMap((entry) =>
    entry.kind === 'event' && entry.event === event && entry.ec2InstanceId === fleet.id(name) ? [entry] : [],
  );

/** Waits until an event has happened to an instance this often. */
export const happened = (fleet: Fleet, name: string, event: string, times: number): Promise<true> =>
  eventually(`${event} on ${name}, ${times} times`, () => eventsOn(fleet, name, event).length >= times);

/** Applies and reboots that took effect on a host. */
export const effectsOn = (fleet: Fleet, name: string): { applies: number; reboots: number } => ({
  applies: eventsOn(fleet, name, 'apply-started').length,
  reboots: eventsOn(fleet, name, 'reboot-started').length,
});

/** Faults that have not met as many requests as they were to. */
export const unmet = ({ simulator }: Fleet): unknown[] => simulator.fleet.faults.list();

/** One apply and one reboot took effect. */
export const once = { applies: 1, reboots: 1 };

/** Whether we took an instance out of service. */
export const wasDrained = (fleet: Fleet, name: string): boolean =>
  eventsOn(fleet, name, 'instance-status').some(
    (event) => event['to'] === 'DRAINING' && event['principal'] === principals.worker,
  );

/** What a report says of one instance. */
export function resultOf(fleet: Fleet, { groups }: RolloutReport, name: string): InstanceResult {
  const found = groups.find(({ ec2InstanceIds }) => ec2InstanceIds.includes(fleet.id(name)));
  if (!found) throw new Error(`${name} is not in the report`);
  return found.result;
}

/** The documents of the commands that we sent to an instance, in order, without the common part of their names. */
export const commandsTo = (fleet: Fleet, name: string): string[] =>
  fleet.requests(principals.worker, 'SendCommand').flatMap((sent) => {
    const text = JSON.stringify(sent.parameters);
    const [, document] = /"DocumentName":"ecs-updater-(\w+)"/.exec(text) ?? [];
    return document !== undefined && text.includes(fleet.id(name)) && !isTrial(sent) ? [document] : [];
  });

/** Waits until all commands of this document that were sent to an instance have run there, also late; one of another may be called off. */
export const haveRun = (fleet: Fleet, name: string, document: 'apply' | 'reboot'): Promise<true> =>
  eventually(`every ${document} has run on ${name}`, () => {
    const finished = eventsOn(fleet, name, 'command-finished');
    const ended = finished.filter((entry) => entry['document'] === `ecs-updater-${document}`);
    return ended.length >= commandsTo(fleet, name).filter((sent) => sent === document).length;
  });
