import type { Pluggable } from '@smithy/types';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { AwsClients } from '../src/aws/clients.js';
import { failureTypes } from '../src/model/failure-types.js';
import { overslept } from './heartbeat.js';

/** What only looks may be left in the middle. Whatever changes something is waited for: its answer says what has to be undone. */
const onlyLooks = /^(Describe|Get|List)/;

/** What may still be sent for an activity that was called off: it calls off, too. */
const callsOff = /^Cancel/;

const heedful = new WeakSet<AwsClients>();

/**
 * Makes these clients, which only activities use, heed the cancellation of the one that asks: a look is left at once, a change that was
 * sent is waited for, and none is sent any more. An attempt that goes on could drain or reboot what has been given back meanwhile; so could
 * one that slept through its cancellation, which sends nothing any more either.
 */
export function heedCancellation(clients: AwsClients): AwsClients {
  if (heedful.has(clients)) return clients;
  heedful.add(clients);
  clients.ecs.middlewareStack.use(heeding());
  clients.ec2.middlewareStack.use(heeding());
  clients.autoScaling.middlewareStack.use(heeding());
  clients.ec2Once.middlewareStack.use(heeding());
  clients.ssm.middlewareStack.use(heeding());
  clients.ssmOnce.middlewareStack.use(heeding());
  return clients;
}

function heeding<Input extends object, Output extends object>(): Pluggable<Input, Output> {
  return {
    applyToStack: (stack) => {
      stack.add(
        (next, { commandName = '' }) =>
          async (args) => {
            if (callsOff.test(commandName)) return next(args);
            const { cancellationSignal, cancelled } = Context.current();
            if (cancellationSignal.aborted) return cancelled;
            return onlyLooks.test(commandName) ? Promise.race([next(args), cancelled]) : next(args);
          },
        { step: 'initialize', name: 'ecsUpdaterHeedCancellation' },
      );
      // Behind the SDK's own retries: before each request that goes out.
      stack.add(
        (next, { commandName = '' }) =>
          async (args) => {
            if (callsOff.test(commandName) || onlyLooks.test(commandName)) return next(args);
            const { cancellationSignal, cancelled } = Context.current();
            if (cancellationSignal.aborted) return cancelled;
            refuseIfOverslept(commandName.replace(/Command$/, ''));
            return next(args);
          },
        { step: 'finalizeRequest', priority: 'low', name: 'ecsUpdaterSendNothingLate' },
      );
    },
  };
}

/**
 * An attempt whose process slept may have a successor, or belong to a workflow that is closed: what it sends would drain, update or reboot what has
 * been given back. What remains is the moment between this look and the request: then the guards on the host refuse an apply or a
 * reboot, and giving back waits until they do.
 */
function refuseIfOverslept(action: string): void {
  const sleptMs = overslept();
  if (sleptMs === null) return;
  throw ApplicationFailure.create({
    message: `${action} was not sent: this worker was suspended, or had no processor, for ${Math.round(sleptMs / 1000)} s, so another may have gone on. Give it more CPU if this comes often.`,
    type: failureTypes.unavailable,
    nonRetryable: false,
  });
}
