import type { Pluggable } from '@smithy/types';
import { Context } from '@temporalio/activity';
import type { AwsClients } from '../src/aws/clients.js';

/** What only looks may be left in the middle. Whatever changes something is waited for: its answer says what has to be undone. */
const onlyLooks = /^(Describe|Get|List)/;

/** What may still be sent for an activity that was called off: it calls off, too. */
const callsOff = /^Cancel/;

const heedful = new WeakSet<AwsClients>();

/**
 * Makes these clients, which only activities use, heed the cancellation of the one that asks: a look is left at once, a change that was
 * sent is waited for, and none is sent any more. An attempt that goes on could drain or reboot what has been given back meanwhile.
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
    },
  };
}
