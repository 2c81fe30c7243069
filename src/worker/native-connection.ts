import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { TemporalConfigError } from '../temporal/config-error.js';
import { assertWelcome } from '../temporal/connection.js';
import { temporalError } from '../temporal/errors.js';
import { readApiKey, type TemporalTarget } from '../temporal/target.js';

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
      const problem = err instanceof TemporalConfigError ? err : temporalError(err, target);
      if (err instanceof TypeError) throw problem;
      log.warn(`${problem.message} Trying again in ${pauseMs / 1000} s.`);
    }
    await sleep(pauseMs, undefined, { signal: stop }).catch(() => {});
    if (stop.aborted) return undefined;
  }
}

async function connectOnce(target: TemporalTarget): Promise<NativeConnection> {
  const { connectionOptions, apiKeyFile } = target;
  const connection = await NativeConnection.connect({
    ...connectionOptions,
    ...(apiKeyFile !== undefined && { apiKey: readApiKey(apiKeyFile) }),
  });
  try {
    await connection.withDeadline(Date.now() + answersWithinMs, () =>
      assertWelcome(connection.workflowService, target.namespace),
    );
    return connection;
  } catch (err) {
    await connection.close();
    throw err;
  }
}

/** Pause between two looks at the file of an API key, in ms. */
const rereadMs = 15_000;

/** Gives the connection the API key of its file, whenever another one stands there, until it is stopped. */
export async function keepApiKey(
  connection: NativeConnection,
  file: string,
  log: Logger,
  stop: AbortSignal,
  everyMs = rereadMs,
): Promise<void> {
  let known = '';
  while (!stop.aborted) {
    try {
      const key = readApiKey(file);
      if (key !== known) {
        await connection.setApiKey(key);
        if (known !== '') log.info('uses the new API key of its file');
        known = key;
      }
    } catch (err) {
      log.warn(`${err instanceof Error ? err.message : String(err)} The API key before it is used on.`);
    }
    await sleep(everyMs, undefined, { signal: stop }).catch(() => {});
  }
}
