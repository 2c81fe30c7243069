import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { isPermissionDenied, temporalError } from '../temporal/errors.js';
import type { TemporalTarget } from '../temporal/target.js';

const firstPauseMs = 500;
const longestPauseMs = 10_000;
const answersWithinMs = 5000;

/**
 * Connects a worker. A server that is not there yet, or has not made its namespace yet, is waited for, with a line in the log
 * at every attempt; what waiting cannot heal is thrown. Returns nothing when it is told to stop meanwhile.
 */
export async function connectWorker(
  target: TemporalTarget,
  log: Logger,
  stop: AbortSignal,
): Promise<NativeConnection | undefined> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await connectOnce(target);
    } catch (err) {
      const problem = temporalError(err, target);
      if (err instanceof TypeError) throw problem;
      log.warn(`${problem.message} Trying again in ${pauseMs / 1000} s.`);
    }
    await sleep(pauseMs, undefined, { signal: stop }).catch(() => {});
    if (stop.aborted) return undefined;
  }
}

async function connectOnce(target: TemporalTarget): Promise<NativeConnection> {
  const connection = await NativeConnection.connect(target.connectionOptions);
  try {
    const { namespace } = target;
    await connection.withDeadline(Date.now() + answersWithinMs, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    return connection;
  } catch (err) {
    if (isPermissionDenied(err)) return connection;
    await connection.close();
    throw err;
  }
}
