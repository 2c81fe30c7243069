import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

/** Stands where AWS would be: counts the requests and answers each as it is told. */
export interface AnsweringServer {
  readonly url: string;
  /** Bodies of the requests, in order. */
  readonly requests: string[];
}

/** What a request meets. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** Starts it for a test, and sends the SDK's clients there. */
export async function startAnsweringServer(answer: Answer): Promise<AnsweringServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      requests.push(Buffer.concat(parts).toString());
      answer(response, request);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${address.port}`;
  useEndpoint(url);
  return { url, requests };
}

/** Where the clients that are made from now on find AWS. */
export function useEndpoint(url: string): void {
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY',
    AWS_SESSION_TOKEN: 'FwoGZXIvYXdzEXAMPLETOKEN',
  });
}

/** An error of a JSON service. */
export const json =
  (status: number, code: string, message = 'told by AWS', headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', ...headers });
    response.end(JSON.stringify({ __type: code, message }));
  };

/** An error of EC2. */
export const ec2 =
  (status: number, code: string, message = 'told by AWS'): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'text/xml' });
    response.end(
      `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>r</RequestID></Response>`,
    );
  };

/** What a proxy or a load balancer puts in the place of an answer. */
export const html =
  (status: number): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'text/html' });
    response.end('<html><body><h1>Bad Gateway</h1></body></html>');
  };
