import { DefaultLogger, type Logger, Runtime } from '@temporalio/worker';
import { afterAll } from 'vitest';

// Tests make workflows and activities fail; what the SDK says about each would bury the results.
const errors: Logger = new DefaultLogger('ERROR');
let current = errors;
let isInstalled = false;

/** Has the SDK say nothing but errors, on the terminal. Its log is one for the whole process. */
export function quietSdk(): void {
  if (isInstalled) return;
  Runtime.install({
    logger: {
      log: (level, message, meta) => current.log(level, message, meta),
      trace: (message, meta) => current.trace(message, meta),
      debug: (message, meta) => current.debug(message, meta),
      info: (message, meta) => current.info(message, meta),
      warn: (message, meta) => current.warn(message, meta),
      error: (message, meta) => current.error(message, meta),
    },
  });
  isInstalled = true;
}

/** Gives a test file what the SDK logs; call it at the top of the file. */
export function sdkLogsTo(logger: Logger): void {
  quietSdk();
  current = logger;
  afterAll(() => {
    current = errors;
  });
}
