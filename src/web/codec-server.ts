import { once } from 'node:events';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { z } from 'zod';
import { onlyThisHost } from './guards.js';
import { newSecret } from './secrets.js';

/** How a codec server is started. */
export interface CodecServerOptions {
  codec: PayloadCodec;
  /** Origins of the pages that may ask, as `https://cloud.temporal.io`. */
  origins: readonly string[];
  /** 0: any that is free. */
  port: number;
}

/** A codec server that listens. */
export interface CodecServer {
  /** What Temporal's UI and command line are told; a secret, which nobody guesses, is in it. */
  endpoint: string;
  close: () => Promise<void>;
}

const host = '127.0.0.1';
/** More than Temporal takes in one message. */
const mostBytes = 16 * 1024 * 1024;

// Payloads as JSON of protobuf has them: whatever is bytes is base64.
const bodySchema = z.object({
  payloads: z.array(
    z.object({
      metadata: z.record(z.string(), z.base64()).default({}),
      data: z.base64().default(''),
    }),
  ),
});

/** `POST <secret>/decode` and `/encode`, as Temporal's UI and command line ask (Temporal's documentation, Codec Server). */
export function codecApp({
  codec,
  origins,
  secret,
}: Pick<CodecServerOptions, 'codec' | 'origins'> & { secret: string }): Hono {
  const app = new Hono();
  app.use(onlyThisHost);
  app.use(async (c, next) => {
    const origin = c.req.header('origin');
    if (origin !== undefined && !origins.includes(origin))
      return c.text(`Pages of ${origin} are not answered; --origin lets them in.\n`, 403);
    return next();
  });
  app.use(
    cors({
      origin: [...origins],
      allowMethods: ['POST'],
      allowHeaders: ['content-type', 'x-namespace', 'authorization'],
    }),
  );
  app.use(bodyLimit({ maxSize: mostBytes }));
  for (const direction of ['decode', 'encode'] as const) {
    app.post(`/${secret}/${direction}`, async (c) => {
      const given = bodySchema.safeParse(await c.req.json().catch(() => null));
      if (!given.success) return c.text('The body is no list of payloads.\n', 400);
      try {
        return c.json({ payloads: (await codec[direction](given.data.payloads.map(read))).map(written) });
      } catch (err) {
        return c.text(`${err instanceof Error ? err.message : String(err)}\n`, 400);
      }
    });
  }
  return app;
}

type Json = z.infer<typeof bodySchema>['payloads'][number];

const read = ({ metadata, data }: Json): Payload => ({
  metadata: Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
  ),
  data: Buffer.from(data, 'base64'),
});

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const written = ({ metadata, data }: Payload): Json => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])),
  data: base64(data ?? new Uint8Array()),
});

/** Serves it on 127.0.0.1. Throws if the port cannot be had. */
export async function startCodecServer({ codec, origins, port }: CodecServerOptions): Promise<CodecServer> {
  const secret = newSecret();
  const server = createAdaptorServer({ fetch: codecApp({ codec, origins, secret }).fetch });
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    endpoint: `http://${host}:${bound}/${secret}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
    },
  };
}
