import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import type { Logger as TemporalLogger, LogLevel, LogMetadata } from '@temporalio/common';
import { workflowSubject } from '../model/names.js';
import { prettyLines } from './pretty-lines.js';
import { redaction } from './redaction.js';

/** How this process logs. */
export interface LoggingOptions {
  /** `trace` … `fatal`, or `silent`. Default: `info`. */
  level?: string;
  /** What must not stand in a line, beside the secrets in the environment. */
  secrets?: readonly string[];
  /** Default: standard error; as lines for people where that is a terminal, else as JSON. */
  destination?: DestinationStream;
}

/** Logs JSON, one object a line, with the product's name and ISO times. */
export function createLogger(options: LoggingOptions = {}): Logger {
  const destination =
    options.destination ??
    (process.stderr.isTTY ? prettyLines(process.stderr) : pino.destination({ dest: 2, sync: true }));
  return pino(
    {
      level: options.level ?? 'info',
      base: { name: 'ecs-updater' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.err },
      hooks: { streamWrite: redaction(options.secrets) },
    },
    destination,
  );
}

/** What Temporal's SDK logs, ours from workflows and activities included, in the same form as everything else. */
export function temporalLogger(log: Logger): TemporalLogger {
  const write = (level: LogLevel, message: string, meta?: LogMetadata) => {
    switch (level) {
      case 'TRACE':
        return log.trace(fieldsOf(meta), message);
      case 'DEBUG':
        return log.debug(fieldsOf(meta), message);
      case 'INFO':
        return log.info(fieldsOf(meta), message);
      case 'WARN':
        return log.warn(fieldsOf(meta), message);
      case 'ERROR':
        return log.error(fieldsOf(meta), message);
    }
  };
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  };
}

/**
 * Without the token of an activity's task, which is long and says nothing; an error under the name that pino knows; with the cluster and the
 * instance that a workflow, or its activity, works on.
 */
function fieldsOf(meta: LogMetadata = {}): Record<string, unknown> {
  const { taskToken: _, error, ...rest } = meta;
  const { workflowId }: Record<string, unknown> = rest;
  const fields: Record<string, unknown> =
    typeof workflowId === 'string' ? { ...workflowSubject(workflowId) } : {};
  for (const [name, value] of Object.entries<unknown>(rest)) {
    fields[name] = typeof value === 'bigint' ? value.toString() : value;
  }
  if (error !== undefined) fields[error instanceof Error ? 'err' : 'error'] = error;
  return fields;
}
