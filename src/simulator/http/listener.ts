import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Silence } from './faults.js';

/** An answer ready to be written; `broken` cuts the connection instead, `hanging` leaves it open and says nothing. */
export type HttpReply = { status: number; headers: Record<string, string>; body: string } | Silence;

export interface HttpRequest {
  method: string;
  /** Path with its query. */
  url: URL;
  headers: IncomingMessage['headers'];
  body: string;
}

/** Requests larger than this are no request of an AWS client. */
const mostBytes = 4 * 1024 * 1024;

/** Listens on `host`:`port` (0: any free port) and lets `handle` answer. */
export async function listen(
  options: { host: string; port: number },
  handle: (request: HttpRequest) => Promise<HttpReply>,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    void serve(request, response, handle);
  });
  // Clients keep their connections for long; the test or the demo decides when it is over.
  server.keepAliveTimeout = 60_000;
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return { port: portOf(server), close: () => close(server) };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  handle: (request: HttpRequest) => Promise<HttpReply>,
): Promise<void> {
  try {
    const body = await readBody(request);
    const url = new URL(request.url ?? '/', 'http://simulator');
    const reply = await handle({ method: request.method ?? 'GET', url, headers: request.headers, body });
    if (reply === 'broken') request.socket.destroy();
    else if (reply !== 'hanging') {
      const { status, headers, body: text } = reply;
      response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text);
    }
  } catch (error) {
    if (response.headersSent || request.socket.destroyed) return;
    response.writeHead(500, { 'content-type': 'text/plain' }).end(`simulator: ${String(error)}\n`);
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > mostBytes) throw new Error('request too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  if (server.listening) await once(server, 'close');
}
