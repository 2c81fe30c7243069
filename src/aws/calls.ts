import type { Pluggable } from '@smithy/types';
import { type CallResult, resultOf } from './errors.js';

/** One request to AWS and what came of it; a request that is repeated is another. */
interface AwsCall {
  region: string;
  /** As permissions name it: `ecs`. */
  service: string;
  /** `ListTasks`. */
  action: string;
  result: CallResult;
  /** Until the answer was read, in seconds. */
  seconds: number;
  /** Whether the SDK sent it since an attempt before had failed. */
  isRetry: boolean;
}

/** Is told of every request. */
export type CallObserver = (call: AwsCall) => void;

/** A plug-in for a client of `service` that tells `observe` of each request. */
export function observed<Input extends object, Output extends object>(
  service: string,
  region: string,
  observe: CallObserver,
): Pluggable<Input, Output> {
  const begun = new WeakSet<object>();
  return {
    applyToStack: (stack) => {
      stack.add(
        (next, context) => async (args) => {
          const action = context.commandName?.replace(/Command$/, '') ?? 'unknown';
          const isRetry = begun.has(context);
          begun.add(context);
          const startedAt = performance.now();
          const tell = (result: CallResult): void =>
            observe({
              region,
              service,
              action,
              result,
              seconds: (performance.now() - startedAt) / 1000,
              isRetry,
            });
          try {
            const answer = await next(args);
            tell('success');
            return answer;
          } catch (err) {
            tell(resultOf(err));
            throw err;
          }
        },
        // Around the reading of the answer, and within the SDK's retries.
        { step: 'deserialize', priority: 'high', name: 'ecsUpdaterObserved' },
      );
    },
  };
}
