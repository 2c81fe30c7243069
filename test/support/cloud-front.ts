import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import {
  type ClientHttp2Stream,
  connect,
  constants,
  createSecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';

const algorithms = { keyType: 'ec', algorithm: 'sha256' } as const;

/** A certificate and its key, as PEM. */
interface Pair {
  cert: string;
  key: string;
}

/** Makes certificates that it has signed. */
export interface Authority {
  /** Its own, as PEM. */
  cert: string;
  /** For a server on this machine, or for a client. */
  sign(name: string): Promise<Pair>;
}

/** Makes a certificate authority that nobody trusts who is not told to. */
export async function makeAuthority(name: string): Promise<Authority> {
  const own = await generate([{ name: 'commonName', value: name }], {
    ...algorithms,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return {
    cert: own.cert,
    sign: async (name) => {
      const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
        ...algorithms,
        ca: { cert: own.cert, key: own.private },
        extensions: [
          { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
          {
            name: 'subjectAltName',
            altNames: [
              { type: 2, value: 'localhost' },
              { type: 7, ip: '127.0.0.1' },
            ],
          },
        ],
      });
      return { cert, key };
    },
  };
}

/** What a front asks of whoever comes. */
export interface FrontOptions {
  /** `host:port` of the Temporal server behind it, which speaks no TLS. */
  server: string;
  /** Signs the certificate of the front. */
  authority: Authority;
  /** API keys that are let in; it may change. Absent: none is asked for. */
  apiKeys?: Set<string>;
  /** PEM of the CA whose clients are let in. Absent: no certificate is asked for. */
  clientCa?: string;
}

/** A front of a Temporal server with the locks of Temporal Cloud. */
export interface CloudFront {
  /** `host:port`. */
  address: string;
  /** Calls that came through, by their gRPC paths. */
  calls: string[];
  close(): Promise<void>;
}

// Temporal Cloud keeps what adds search attributes to itself.
const ofOperators = '/temporal.api.operatorservice.v1.OperatorService/AddSearchAttributes';

/** Ends TLS in front of a Temporal server, and passes on the calls of who has the API key or certificate. */
export async function startCloudFront({
  server,
  authority,
  apiKeys,
  clientCa,
}: FrontOptions): Promise<CloudFront> {
  const calls: string[] = [];
  const behind = connect(`http://${server}`);
  const front = createSecureServer({
    ...(await authority.sign('localhost')),
    ...(clientCa !== undefined && { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
  });
  const sessions = new Set<{ destroy(): void }>();
  front.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session)).on('error', () => {});
  });
  front.on('stream', (stream, headers) => {
    const { ':path': path = '', authorization = '' } = headers;
    if (apiKeys && !apiKeys.has(authorization.replace(/^Bearer /, ''))) {
      refuse(stream, unauthenticated, 'Request unauthorized.');
    } else if (path === ofOperators) refuse(stream, permissionDenied, 'Request unauthorized.');
    else {
      calls.push(path);
      pass(stream, behind.request(onwards(headers)));
    }
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const bound = front.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return {
    address: `127.0.0.1:${port}`,
    calls,
    close: async () => {
      const closed = once(front, 'close');
      front.close();
      for (const session of sessions) session.destroy();
      behind.destroy();
      await closed;
    },
  };
}

// Status codes of gRPC: grpc.github.io, status codes.
const permissionDenied = 7;
const unauthenticated = 16;

function refuse(stream: ServerHttp2Stream, status: number, message: string): void {
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': String(status),
      'grpc-message': message,
    },
    { endStream: true },
  );
  stream.resume();
}

/** The locks are the front's: what opens them goes no further. */
function onwards(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { authorization: _key, ':authority': _host, ':scheme': _scheme, ...rest } = headers;
  return rest;
}

/** Joins two streams, with the trailers in which gRPC says how a call ended. */
function pass(front: ServerHttp2Stream, behind: ClientHttp2Stream): void {
  let trailers: IncomingHttpHeaders = {};
  front.on('error', () => behind.close(constants.NGHTTP2_CANCEL));
  behind.on('error', () => front.close(constants.NGHTTP2_CANCEL));
  front.on('close', () => behind.close(constants.NGHTTP2_CANCEL));
  behind.on('trailers', (given) => (trailers = given));
  behind.on('response', (answer, flags) => {
    if (front.destroyed) return;
    const ends = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    front.respond(answer, ends ? { endStream: true } : { waitForTrailers: true });
    front.on('wantTrailers', () => front.sendTrailers(trailers));
    behind.pipe(front);
  });
  front.pipe(behind);
}

/** Writes texts into files of a folder that is removed in the end; returns their paths. */
export function filesOf<Name extends string>(
  texts: Record<Name, string>,
  onEnd: (remove: () => void) => void,
): Record<Name, string> & { folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'cloud-'));
  onEnd(() => rmSync(folder, { recursive: true, force: true }));
  const entries = Object.entries<string>(texts).map(([name, text]) => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return [name, file];
  });
  return { ...Object.fromEntries(entries), folder };
}
