import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';

/** A message that somebody received. */
export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Stands where messages go. */
export interface Receiver {
  readonly url: string;
  /** In order. */
  readonly received: Received[];
  close(): Promise<void>;
}

/** Answers with a status. */
export const answers =
  (status: number, body = '', headers: Record<string, string> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(status, headers).end(body);
  };

/** Starts it; each message meets `answer`, which by default takes it as Slack does. */
export async function startReceiver(
  answer: (response: ServerResponse, request: IncomingMessage) => void = answers(200, 'ok'),
): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      received.push({
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(parts).toString(),
      });
      answer(response, request);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    received,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
