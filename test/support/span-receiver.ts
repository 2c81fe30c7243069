import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import protobuf from 'protobufjs';
import { z } from 'zod';

// What of opentelemetry/proto/collector/trace/v1 is looked at here.
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Export { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated Attribute attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
    repeated Attribute attributes = 9; Status status = 15;
  }
  message Attribute { string key = 1; Value value = 2; }
  message Value { oneof value { string string_value = 1; bool bool_value = 2; } }
  message Status { string message = 2; int32 code = 3; }
`);
const exported = root.lookupType('Export');

const hex = z.instanceof(Uint8Array).transform((bytes) => Buffer.from(bytes).toString('hex'));
const attributes = z
  .array(z.object({ key: z.string(), value: z.object({ stringValue: z.string().optional() }).optional() }))
  .default([])
  .transform((all) => Object.fromEntries(all.map(({ key, value }) => [key, value?.stringValue])));
const span = z.object({
  traceId: hex,
  spanId: hex,
  parentSpanId: hex.optional(),
  name: z.string(),
  attributes,
});
const request = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(span) })),
    }),
  ),
});

/** A span as it was sent, with what is said of its sender. */
export type ReceivedSpan = z.infer<typeof span> & { resource: Record<string, string | undefined> };

/** Takes spans as a collector does, by OTLP over HTTP. */
export interface SpanReceiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  endpoint: string;
  spans: ReceivedSpan[];
  close: () => void;
}

/** Starts a receiver in this process. */
export async function startSpanReceiver(): Promise<SpanReceiver> {
  const spans: ReceivedSpan[] = [];
  const take = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const message = exported.toObject(exported.decode(await buffer(incoming)), {});
    for (const { resource, scopeSpans } of request.parse(message).resourceSpans) {
      for (const scope of scopeSpans)
        spans.push(...scope.spans.map((one) => ({ ...one, resource: resource.attributes })));
    }
    response.writeHead(incoming.url === '/v1/traces' ? 200 : 404).end();
  };
  const server = createServer((incoming, response) => void take(incoming, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { endpoint: `http://127.0.0.1:${port}`, spans, close: () => void server.close() };
}
