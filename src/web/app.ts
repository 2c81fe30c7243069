import { Hono } from 'hono';
import { z } from 'zod';
import { asset } from './assets.js';
import {
  headers,
  type Keys,
  noOtherSite,
  onlyThisHost,
  onlyWithCookie,
  onlyWithFormKey,
  shortBody,
} from './guards.js';
import { follow, type Followers } from './follow.js';
import { clusterFragments, ClusterParts } from './pages/cluster.js';
import { type Desk, type Fragment, page, placed, plainPage } from './pages/layout.js';
import { overviewFragments } from './pages/overview.js';
import { choiceOf } from './pages/paths.js';
import { OrderRefused, type Source } from './source.js';
import type { Watched } from './watched.js';

interface AppOptions {
  source: Source;
  watched: Watched;
  keys: Keys;
  desk: Desk;
  followers: Followers;
  /** Told of what should never happen. */
  onError: (err: Error) => void;
}

const name = z.string().min(1).max(256);

/** What a page sends. */
const orderSchema = z.strictObject({
  order: z.enum(['pause', 'resume', 'skip', 'unskip', 'hold', 'unhold', 'cancel', 'clear']),
  instance: name.optional(),
  quarantine: name.optional(),
  all: z.literal(true).optional(),
  reason: z.string().trim().max(256).optional(),
});

/** The dashboard's routes. */
export function dashboardApp({ source, watched, keys, desk, followers, onError }: AppOptions): Hono {
  const app = new Hono();
  const say = (title: string, ...sentences: string[]): string => plainPage(title, sentences, desk);

  app.use(headers, onlyThisHost, noOtherSite);
  app.get('/assets/:name', async (c) => {
    const found = await asset(c.req.param('name'));
    if (!found) return c.notFound();
    return c.body(found.text, 200, { 'content-type': found.type, 'cache-control': 'no-cache' });
  });
  app.use(onlyWithCookie(keys, () => plainPage('Not let in', notLetIn, { ...desk, formKey: '' })));
  app.use(async (c, next) => {
    await next();
    c.header('cache-control', 'no-store');
  });

  app.get('/alive', (c) => c.body(null, 204));
  app.get('/', async (c) => {
    const parts = overviewFragments(await watched.clusters.current());
    return c.html(page({ ...desk, title: 'Clusters', events: '/events', children: placed(parts) }));
  });
  app.get('/events', (c) => follow(c, followers, watched.clusters, overviewFragments, onError));

  app.get('/clusters/:name', async (c) => {
    const cluster = c.req.param('name');
    const sight = await watched.cluster(cluster).current();
    if (sight.value === null && sight.trouble === null)
      return c.html(say('No such cluster', `There is neither a Schedule nor a rollout of ${cluster}.`), 404);
    const { pathname, search } = new URL(c.req.url);
    return c.html(
      page({
        ...desk,
        title: cluster,
        events: `${pathname}/events${search}`,
        children: ClusterParts({ fragments: clusterFragments(sight, choiceOf(c.req.query()), Date.now()) }),
      }),
    );
  });
  app.get('/clusters/:name/events', (c) => {
    const choice = choiceOf(c.req.query());
    return follow(
      c,
      followers,
      watched.cluster(c.req.param('name')),
      (sight): Fragment[] => clusterFragments(sight, choice, Date.now()),
      onError,
    );
  });

  app.post('/clusters/:name/orders', shortBody, onlyWithFormKey(keys), async (c) => {
    const cluster = c.req.param('name');
    const given = orderSchema.safeParse(await c.req.json().catch(() => null));
    if (!given.success) return c.json({ refused: z.prettifyError(given.error) }, 400);
    const { order, instance, quarantine, all, reason } = given.data;
    try {
      const sentence = await source.order({
        cluster,
        order,
        ...(instance && { instance }),
        ...(quarantine && { quarantine }),
        ...(all && { all }),
        ...(reason && { reason }),
      });
      return c.json({ sentence });
    } catch (err) {
      return c.json({ refused: source.sentenceOf(err) }, err instanceof OrderRefused ? 409 : 503);
    } finally {
      watched.hurry(cluster);
    }
  });

  app.notFound((c) => c.html(say('Not found', 'There is no such page.'), 404));
  app.onError((err, c) => {
    onError(err);
    return c.html(say('The dashboard failed', 'What went wrong is written where it was started.'), 500);
  });
  return app;
}

const notLetIn = [
  'This dashboard is open only to who has its address: open the one that ecs-updater dashboard has printed where it was started.',
  'If you have just done so from a page of another site, reload this one.',
];
