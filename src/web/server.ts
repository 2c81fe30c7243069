import { once } from 'node:events';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { dashboardApp } from './app.js';
import { newKeys } from './guards.js';
import { newSecret } from './secrets.js';
import type { Source } from './source.js';
import { watchedOf } from './watched.js';

/** How the dashboard is started. */
export interface DashboardOptions {
  source: Source;
  /** Who gives the orders, as messages and reports name them. */
  operator: string;
  /** Which Temporal is shown, for people. */
  place: string;
  /** 0: any that is free. */
  port: number;
  /** How often is looked, while somebody does. Default: 2 s; while nothing can be seen ever more rarely, up to 30 s. */
  everyMs?: number;
  /** Told of what should never happen. */
  onError: (err: Error) => void;
}

/** A dashboard that listens. */
export interface Dashboard {
  /** With the token that lets a browser in. */
  url: string;
  /** Such an address, but it lets in once. */
  urlForOnce: () => string;
  close: () => Promise<void>;
}

const host = '127.0.0.1';
/** Pages that may follow at once. */
const mostFollowers = 50;
const slowestFactor = 15;

/** Serves the dashboard on 127.0.0.1. Throws if the port cannot be had. */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { source, operator, place, everyMs = 2000, onError } = options;
  let app: Hono | null = null;
  const server = createAdaptorServer({
    fetch: (request) => app?.fetch(request) ?? new Response(null, { status: 503 }),
  });
  server.listen(options.port, host);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const closing = new AbortController();
  const keys = newKeys(port);
  app = dashboardApp({
    source,
    watched: watchedOf(source, { everyMs, slowestFactor }),
    keys,
    desk: { operator, place, formKey: keys.formKey },
    followers: { count: 0, most: mostFollowers, closing: closing.signal },
    onError,
  });
  const urlWith = (token: string): string => `http://${host}:${port}/?token=${token}`;
  return {
    url: urlWith(keys.token),
    urlForOnce: () => {
      const ticket = newSecret();
      keys.tickets.add(ticket);
      return urlWith(ticket);
    },
    close: async () => {
      closing.abort();
      const closed = once(server, 'close');
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
    },
  };
}
