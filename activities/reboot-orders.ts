import type { Command } from '@aws-sdk/client-ssm';
import { hostTimes } from '../src/model/settings.js';
import type { Invocation } from './commands.js';
import { excerpt } from './host-output.js';

/** A reboot that was ordered, as SSM keeps it. */
export interface RebootOrder {
  /** SSM's id. */
  commandId: string;
  /** The boot that it is for. */
  bootId: string;
  /** Seconds since the epoch, by the host's clock. */
  notAfter: number;
}

/** Reads an order from SSM's record of its command. */
export function orderOf({ CommandId = '', Parameters, RequestedDateTime }: Command): RebootOrder {
  const notAfter = Number(Parameters?.['NotAfter']?.[0] ?? Number.NaN);
  const requested = (RequestedDateTime?.getTime() ?? Date.now()) / 1000;
  return {
    commandId: CommandId,
    bootId: Parameters?.['BootId']?.[0] ?? '',
    notAfter: Number.isFinite(notAfter) ? notAfter : requested + hostTimes.orderValidSeconds,
  };
}

/** Seconds for which an order may still take effect on a host with this clock; 0: it cannot any more. */
export const secondsOpen = (order: Pick<RebootOrder, 'notAfter'>, hostNow: number): number =>
  Math.max(0, order.notAfter + hostTimes.lateEffectSeconds + 1 - hostNow);

/** Exit code by which the guard of the document refuses an order that comes too late. It looks first whether the order ran before. */
const tooLate = 10;

/** What `apiclient reboot` prints when the API server answered that there will be no reboot, as under a block inhibitor. */
const apiRefusal = /Status \d{3} when POSTing \S*\/actions\/reboot/;

/** Proof that a host refused an order; null where its end proves nothing. */
export function refusalOf(
  invocation: Invocation | undefined,
): { why: 'too-late' | 'refused'; detail: string } | null {
  if (invocation?.status !== 'Failed') return null;
  if (invocation.exitCode === tooLate) {
    return { why: 'too-late', detail: 'the order came too late and was refused' };
  }
  const [refused] = apiRefusal.exec(invocation.output) ?? [];
  return refused === undefined
    ? null
    : { why: 'refused', detail: excerpt(invocation.output.slice(invocation.output.indexOf(refused))) };
}
