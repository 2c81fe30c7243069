import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clusterView, type FakeSource, fakeSource } from '../../support/dashboard-source.js';
import { type TestDashboard, testDashboard } from '../../support/dashboard.js';

let source: FakeSource;
let dashboard: TestDashboard;

beforeEach(async () => {
  source = fakeSource(clusterView());
  dashboard = await testDashboard(source);
});
afterEach(() => dashboard.close());

const pause = { order: 'pause', reason: 'change freeze' };

describe('who is let in', () => {
  test('the token of the printed address is given for a cookie, and stands in no address after that', async () => {
    const { status, headers } = await dashboard.ask(`/?token=${dashboard.token}`, {
      headers: { cookie: '' },
    });
    expect(status).toBe(303);
    expect(headers['location']).toBe('/');
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(/^ecs-updater-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/),
    ]);
    expect(String(headers['set-cookie'])).not.toContain(dashboard.token);
    expect(await dashboard.ask('/')).toMatchObject({ status: 200, body: expect.stringContaining('prod') });
  });

  test.each([
    ['without cookie', '/', ''],
    ['with a wrong token', '/?token=wrong', ''],
    ['with an empty token', '/?token=', ''],
    ['with the token as a cookie', '/', 'TOKEN'],
    ['with a wrong cookie', '/', 'ecs-updater-PORT=wrong'],
    ['with the token elsewhere', '/clusters/prod?token=TOKEN', ''],
    ['for news', '/clusters/prod/events', ''],
  ])('nobody %s', async (_, path, cookie) => {
    const filled = (given: string): string =>
      given.replace('TOKEN', dashboard.token).replace('PORT', String(dashboard.port));
    const { status, headers, body } = await dashboard.ask(filled(path), {
      headers: { cookie: filled(cookie) },
    });
    expect(status).toBe(401);
    expect(headers['set-cookie']).toBeUndefined();
    expect(body).toContain('open the one that ecs-updater dashboard has printed');
    expect(body).not.toContain('prod:');
    expect(body).not.toContain(dashboard.formKey);
  });

  test('an order without cookie is not given', async () => {
    expect(await dashboard.order('prod', pause, { cookie: '' })).toMatchObject({ status: 401 });
    expect(source.orders).toEqual([]);
  });

  test('an address for once lets in once', async () => {
    const { search } = new URL(dashboard.urlForOnce());
    const headers = { cookie: '' };
    expect(await dashboard.ask(`/${search}`, { headers })).toMatchObject({ status: 303 });
    expect(await dashboard.ask(`/${search}`, { headers })).toMatchObject({ status: 401 });
  });

  test.each(['evil.example', 'evil.example:80', '127.0.0.1.evil.example', '0.0.0.0', '[::1]:80', '10.0.0.7'])(
    'nobody who asks for the host %o, cookie or not',
    async (host) => {
      for (const path of ['/', `/?token=${dashboard.token}`, '/assets/dashboard.js'])
        expect((await dashboard.ask(path, { headers: { host } })).status).toBe(421);
    },
  );

  test('who forwards another port of this machine', async () => {
    const host = 'localhost:9999';
    expect(await dashboard.ask('/', { headers: { host } })).toMatchObject({ status: 200 });
    expect(await dashboard.order('prod', pause, { host, origin: `http://${host}` })).toMatchObject({
      status: 200,
    });
  });

  test('nobody who names no host; it listens on the loopback', async () => {
    const socket = connect(dashboard.port, '127.0.0.1');
    socket.end('GET / HTTP/1.0\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /);
    expect(new URL(dashboard.url).hostname).toBe('127.0.0.1');
  });
});

describe('what pages of other origins can do', () => {
  test.each([
    ['another origin', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' }],
    ['an origin that is hidden', { origin: 'null' }],
    ['a browser that hides its site', { origin: 'https://evil.example', 'sec-fetch-site': '' }],
  ])('no order from %s, though it has the cookie and the key', async (_, headers) => {
    expect(await dashboard.order('prod', pause, headers)).toMatchObject({ status: 403 });
    expect(source.orders).toEqual([]);
  });

  test('no order without an origin', async () => {
    const answer = await dashboard.ask('/clusters/prod/orders', {
      method: 'POST',
      headers: { 'x-ecs-updater-form': dashboard.formKey },
      body: JSON.stringify(pause),
    });
    expect(answer.status).toBe(403);
    expect(source.orders).toEqual([]);
  });

  test.each(['', 'wrong'])('no order with the key %o', async (key) => {
    expect(await dashboard.order('prod', pause, { 'x-ecs-updater-form': key })).toMatchObject({
      status: 403,
      body: expect.stringContaining('Reload'),
    });
    expect(source.orders).toEqual([]);
  });

  test.each(['cross-site', 'same-site'])('nothing is loaded by a page of %s', async (site) => {
    for (const path of ['/', '/clusters/prod', '/clusters/prod/events', '/assets/dashboard.js'])
      expect(
        (await dashboard.ask(path, { headers: { 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' } }))
          .status,
      ).toBe(403);
  });

  test('a link opens a page', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect(await dashboard.ask('/', { headers })).toMatchObject({ status: 200 });
  });

  test('every answer forbids to frame it, to guess its type, and to load or run what is not served by us', async () => {
    for (const path of ['/', '/clusters/prod', '/nothing', '/assets/look.css', '/?token=wrong']) {
      const { headers } = await dashboard.ask(path);
      expect(headers['content-security-policy']).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      );
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
        'cross-origin-resource-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
      });
    }
    expect((await dashboard.ask('/')).headers['cache-control']).toBe('no-store');
  });
});

describe('orders', () => {
  test('are given with what the page sends, and answered with what follows', async () => {
    const order = { order: 'skip', instance: 'i-1', reason: ' batch job runs ' };
    expect(await dashboard.order('prod', order)).toMatchObject({
      status: 200,
      body: JSON.stringify({ sentence: 'skip was done.' }),
    });
    expect(source.orders).toEqual([
      { cluster: 'prod', order: 'skip', instance: 'i-1', reason: 'batch job runs' },
    ]);
  });

  test('are refused with the reason', async () => {
    source.refusal = 'skip comes too late: i-1 is rebooting.';
    const { status, body } = await dashboard.order('prod', { order: 'skip', instance: 'i-1' });
    expect(status).toBe(409);
    expect(JSON.parse(body)).toEqual({ refused: source.refusal });
  });

  test.each([
    ['none', ''],
    ['one that is no JSON', '{'],
    ['an unknown order', { order: 'reboot' }],
    ['an unknown field', { ...pause, cluster: 'other' }],
    ['a reason that is no text', { order: 'pause', reason: { $gt: '' } }],
    ['a reason that is too long', { order: 'pause', reason: 'x'.repeat(257) }],
    ['a list', [pause]],
  ])('are not given where the body is %s', async (_, body) => {
    const answer = await dashboard.order('prod', body);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toEqual({ refused: expect.any(String) });
    expect(source.orders).toEqual([]);
  });

  test('are not read beyond 4096 bytes', async () => {
    const answer = await dashboard.order('prod', { order: 'pause', reason: 'x'.repeat(5000) });
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body)).toEqual({ refused: 'An order has at most 4096 bytes.' });
    const chunked = await dashboard.order('prod', JSON.stringify({ ...pause, reason: 'x'.repeat(5000) }), {
      'transfer-encoding': 'chunked',
    });
    expect(chunked.status).toBe(413);
    expect(source.orders).toEqual([]);
  });

  test.each(['GET', 'PUT', 'DELETE', 'HEAD'])('are not given by %s', async (method) => {
    const answer = await dashboard.ask('/clusters/prod/orders', {
      method,
      headers: { origin: `http://127.0.0.1:${dashboard.port}` },
    });
    expect(answer.status).toBe(404);
    expect(source.orders).toEqual([]);
  });
});

describe('files', () => {
  const own = ['look.css', 'dashboard.css', 'dashboard.js', 'icon.svg'];

  test.each([...own, 'idiomorph.js'])('%s is served', async (name) => {
    const { status, headers, body } = await dashboard.ask(`/assets/${name}`);
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^(text\/(css|javascript); charset=utf-8|image\/svg\+xml)$/);
    expect(body).not.toBe('');
  });

  test('nothing that we wrote names another host', async () => {
    const texts = [...own.map((name) => `/assets/${name}`), '/', '/clusters/prod'].map((path) =>
      dashboard.ask(path),
    );
    for (const { body } of await Promise.all(texts))
      expect(body).not.toMatch(/(https?:)?\/\/(?!www\.w3\.org\/)\w/);
  });

  test.each([
    '/assets/../server.ts',
    '/assets/..%2f..%2fserver.ts',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/assets/tsconfig.json',
    '/assets/constructor',
    '/assets/__proto__',
    '/assets/',
    '/assets/look.css/..%2fdashboard.js',
    '/assets//etc/passwd',
    '/assets/look.css%00',
    '/..%2fpackage.json',
    '/favicon.ico',
  ])('%s is not there', async (path) => {
    expect((await dashboard.ask(path)).status).toBe(404);
  });
});

describe('pages', () => {
  test('a cluster that nobody knows is not there', async () => {
    expect(await dashboard.ask('/clusters/%3Cscript%3Ealert(1)%3C%2Fscript%3E')).toMatchObject({
      status: 404,
      body: expect.stringContaining('rollout of &lt;script&gt;alert(1)&lt;/script&gt;'),
    });
  });

  test('say so while nothing can be seen', async () => {
    source.broken = new Error('Temporal at 127.0.0.1:7233 cannot be reached: ECONNREFUSED.');
    expect(await dashboard.ask('/clusters/prod')).toMatchObject({
      status: 200,
      body: expect.stringMatching(/Not up to date.*cannot be reached: ECONNREFUSED\./s),
    });
  });
});
