import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { type Dashboard, startDashboard } from '../../src/web/server.js';
import type { Source } from '../../src/web/source.js';

/** An answer of the dashboard. */
interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

/** A dashboard, and somebody who asks it what browsers ask and what they never would. */
export interface TestDashboard extends Dashboard {
  port: number;
  token: string;
  /** The cookie that the token gets. */
  cookie: string;
  formKey: string;
  /** Sends exactly this; `host` and `cookie` are ours unless they are given. */
  ask: (path: string, given?: Asked) => Promise<Answer>;
  /** Sends an order as a page of ours does; headers can be replaced. */
  order: (cluster: string, order: unknown, headers?: Record<string, string>) => Promise<Answer>;
}

interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Starts a dashboard, by default on any port. */
export async function testDashboard(
  source: Source,
  { port: wanted = 0, everyMs = 10 } = {},
): Promise<TestDashboard> {
  let error: Error | null = null;
  const dashboard = await startDashboard({
    source,
    operator: 'kim',
    place: 'Temporal at 127.0.0.1:7233',
    port: wanted,
    everyMs,
    onError: (err) => (error = err),
  });
  const { port, searchParams } = new URL(dashboard.url);
  const token = searchParams.get('token') ?? '';
  const host = `127.0.0.1:${port}`;
  let cookie = '';

  const ask = (path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port, path, method, headers: { host, cookie, ...headers }, agent: false },
        (incoming) => {
          text(incoming).then(
            (body) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }),
            reject,
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });

  const entered = await ask(`/?token=${token}`);
  cookie = String(entered.headers['set-cookie']?.[0]).split(';')[0] ?? '';
  const page = await ask('/');
  const formKey = /data-form-key="([^"]+)"/.exec(page.body)?.[1] ?? '';
  return {
    ...dashboard,
    port: Number(port),
    token,
    cookie,
    formKey,
    // What should never happen fails the test in which it did.
    close: async () => {
      await dashboard.close();
      if (error) throw error;
    },
    ask,
    order: (cluster, order, headers) =>
      ask(`/clusters/${cluster}/orders`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'sec-fetch-site': 'same-origin',
          origin: `http://${host}`,
          'x-ecs-updater-form': formKey,
          ...headers,
        },
        body: typeof order === 'string' ? order : JSON.stringify(order),
      }),
  };
}
