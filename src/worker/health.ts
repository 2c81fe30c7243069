import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { NativeConnection } from '@temporalio/worker';

/** What the health server asks. */
export interface HealthSources {
  /** State of the worker; `CONNECTING` before there is one. */
  state: () => string;
  /** Whether Temporal answers now. */
  temporalAnswers: () => Promise<boolean>;
}

/** The health server of a worker. */
export interface HealthServer {
  port: number;
  close: () => Promise<void>;
}

interface Answer {
  ok: boolean;
  [detail: string]: unknown;
}

/**
 * Serves `/livez` and `/readyz`. Alive is a worker that is not lost: a restart would not help one that waits for Temporal.
 * Ready is one that runs while Temporal answers; the worker's own state says RUNNING also while the server is dead.
 */
export async function startHealthServer(port: number, sources: HealthSources): Promise<HealthServer> {
  const routes: Record<string, () => Promise<Answer>> = {
    '/livez': async () => ({ ok: isAlive(sources.state()), state: sources.state() }),
    '/readyz': async () => {
      const state = sources.state();
      const temporal = await sources.temporalAnswers();
      return { ok: state === 'RUNNING' && temporal, state, temporal };
    },
  };
  const server = createServer((request, response) => {
    const route = routes[new URL(request.url ?? '/', 'http://localhost').pathname];
    if (route === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('try /livez or /readyz\n');
      return;
    }
    void respond(response, route);
  });
  server.listen(port);
  try {
    await once(server, 'listening');
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    throw new Error(
      `health cannot be served on port ${port}: ${reason}. Choose another --health-port, or 0 for none.`,
      { cause: err },
    );
  }
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function respond(response: ServerResponse, route: () => Promise<Answer>): Promise<void> {
  const answer = await route();
  response.writeHead(answer.ok ? 200 : 503, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(answer)}\n`);
}

const isAlive = (state: string): boolean => state !== 'FAILED' && state !== 'STOPPED';

const answersWithinMs = 3000;

/** Asks the server's health service; a dead server does not answer at all, hence the limit. */
export async function temporalAnswers(connection: NativeConnection): Promise<boolean> {
  try {
    const { status } = await connection.withDeadline(Date.now() + answersWithinMs, () =>
      connection.healthService.check({ service: 'temporal.api.workflowservice.v1.WorkflowService' }),
    );
    const code: number = status;
    return code === serving;
  } catch {
    return false;
  }
}

// grpc.health.v1.HealthCheckResponse.ServingStatus
const serving = 1;
