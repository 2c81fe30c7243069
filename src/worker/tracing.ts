import { setTimeout as sleep } from 'node:timers/promises';
import { context, diag, DiagLogLevel, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResourcesSync, envDetectorSync, Resource } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import {
  makeWorkflowExporter,
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryActivityOutboundInterceptor,
} from '@temporalio/interceptors-opentelemetry';
import type { WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { CallObserver } from '../aws/calls.js';
import { packageVersion } from '../aws/package-files.js';
import { cutText } from '../model/bounds.js';

/** A worker that is to stop does not wait longer for a collector that is not there. */
const closesWithinMs = 3000;

const silent = (): void => {};

/** What makes a worker tell of its workflows and activities, and of their requests to AWS. */
export interface Tracing {
  /** For the worker, beside the traced bundle. */
  worker: Required<Pick<WorkerOptions, 'interceptors' | 'sinks'>>;
  /** Tells of requests to AWS, below the activity that makes them. */
  observe: CallObserver;
  /** Sends what is left; throws where that cannot be done in time. */
  close: () => Promise<void>;
}

/** Sends spans to the OTLP endpoint that OpenTelemetry's own variables name. Load this module only where one is named. */
export function startTracing(log: Logger): Tracing {
  const warn = (message: string): void => log.warn(`tracing: ${cutText(message)}`);
  diag.setLogger({ error: warn, warn, info: silent, debug: silent, verbose: silent }, DiagLogLevel.WARN);
  const resource = new Resource({ 'service.name': 'ecs-updater', 'service.version': packageVersion() }).merge(
    detectResourcesSync({ detectors: [envDetectorSync] }),
  );
  const processor = new BatchSpanProcessor(new OTLPTraceExporter());
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
  // Without it every span would be a trace of its own.
  provider.register({ contextManager: new AsyncLocalStorageContextManager().enable() });
  const tracer = provider.getTracer('ecs-updater');
  return {
    worker: {
      interceptors: {
        activity: [
          (activity) => ({
            inbound: new OpenTelemetryActivityInboundInterceptor(activity),
            outbound: new OpenTelemetryActivityOutboundInterceptor(activity),
          }),
        ],
      },
      sinks: { exporter: makeWorkflowExporter(processor, resource) },
    },
    observe: ({ region, service, action, result, seconds, isRetry }) => {
      // Outside of an activity nobody asks for it.
      if (!trace.getSpan(context.active())) return;
      const endTime = Date.now();
      const span = tracer.startSpan(`${service}:${action}`, {
        kind: SpanKind.CLIENT,
        startTime: endTime - seconds * 1000,
        attributes: {
          'rpc.system': 'aws-api',
          'rpc.service': service,
          'rpc.method': action,
          'cloud.region': region,
          'ecs_updater.result': result,
          'ecs_updater.retry': isRetry,
        },
      });
      if (result !== 'success') span.setStatus({ code: SpanStatusCode.ERROR, message: result });
      span.end(endTime);
    },
    close: async () => {
      const late = sleep(closesWithinMs, undefined, { ref: false }).then(() => {
        throw new Error(`the last traces could not be sent within ${closesWithinMs / 1000} s`);
      });
      await Promise.race([provider.shutdown(), late]);
    },
  };
}
