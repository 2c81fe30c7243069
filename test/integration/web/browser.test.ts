import type { Page } from 'playwright-core';
import { test as base } from 'vitest';
import { looks } from '../../../src/web/look.js';
import { closeAll } from '../../support/close-all.js';
import { findChromium, launchChromium, openPage } from '../../support/browser.js';
import {
  busyCluster,
  clusterView,
  type FakeSource,
  fakeSource,
  instanceView,
} from '../../support/dashboard-source.js';
import { type TestDashboard, testDashboard } from '../../support/dashboard.js';
import { eventually } from '../../support/eventually.js';

/** Rarer than for tests without a browser, whose page has to keep up. */
const everyMs = 200;

const test = base
  .extend('executable', { scope: 'file' }, () => findChromium())
  .extend('browser', { scope: 'file' }, async ({ executable }, { onCleanup }) => {
    const browser = await launchChromium(executable);
    onCleanup(() => browser.close());
    return browser;
  })
  .extend('source', () => fakeSource(clusterView({ name: 'prod' })))
  .extend('dashboard', async ({ source }, { onCleanup }) => {
    const dashboard = await testDashboard(source, { everyMs });
    onCleanup(() => dashboard.close());
    return dashboard;
  })
  .extend('open', async ({ browser, dashboard }, { onCleanup }) => {
    const opened: Awaited<ReturnType<typeof openPage>>[] = [];
    onCleanup(async () => {
      await closeAll(opened);
    });
    return async (path: string, options: Parameters<typeof openPage>[1] = {}): Promise<Page> => {
      const one = await openPage(browser, options);
      opened.push(one);
      const { page } = one;
      await page.goto(dashboard.url);
      await page.goto(addressOf(dashboard, path));
      return page;
    };
  });

const focusOf = (page: Page): Promise<string> => page.evaluate('document.activeElement?.id');

const addressOf = ({ url }: TestDashboard, path: string): string => new URL(path, url).href;

/** Replaces the cluster that the page shows. */
const show = (source: FakeSource, given: Parameters<typeof clusterView>[0]): void =>
  void source.views.set('prod', clusterView({ name: 'prod', ...given }));

const twoHosts = (state: string) => [
  instanceView({ instance: 'i-1', state, standing: 'in-flight' }),
  instanceView({ instance: 'i-2' }),
];

test('the token leaves the address, and the page lives on the cookie', async ({
  open,
  dashboard,
  expect,
}) => {
  const page = await open('/');
  expect(page.url()).toBe(addressOf(dashboard, '/'));
  await page.getByRole('link', { name: 'prod' }).click();
  await page.getByRole('heading', { level: 1, name: 'prod' }).waitFor();
  const [cookie] = await page.context().cookies();
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', expires: -1 });
});

test('shows what changes without a reload, and leaves the focus and what is being typed alone', async ({
  open,
  source,
  expect,
}) => {
  show(source, { instances: twoHosts('draining') });
  const page = await open('/clusters/prod');
  const tile = page.locator('#tile-i-1');
  await tile.focus();
  show(source, { instances: twoHosts('rebooting') });
  await page.getByRole('link', { name: /^i-1, rebooting/ }).waitFor();
  expect(await focusOf(page)).toBe('tile-i-1');
  expect(await tile.innerText()).toContain('rebooting');

  await page.getByRole('searchbox').pressSequentially('i-1');
  await eventually('the other is not listed', async () => (await page.locator('#row-i-2').count()) === 0);
  expect(page.url()).toMatch(/\?find=i-1$/);
  show(source, { instances: twoHosts('verifying') });
  await page.locator('#row-i-1', { hasText: 'verifying' }).waitFor();
  expect(await page.getByRole('searchbox').inputValue()).toBe('i-1');
  expect(await focusOf(page)).toBe('find-text');

  await page.getByRole('button', { name: 'Pause prod' }).click();
  await page.getByLabel('Reason').fill('change fr');
  show(source, { instances: twoHosts('settling'), paused: 'paused by sam' });
  await page.locator('#row-i-1', { hasText: 'settling' }).waitFor({ state: 'attached' });
  expect(await page.getByLabel('Reason').inputValue()).toBe('change fr');
  expect(await focusOf(page)).toBe('order-reason');
});

test('one instance after the other can be chosen, in the map or by its id', async ({
  open,
  source,
  expect,
}) => {
  show(source, { rollout: null, instances: twoHosts('updated') });
  const page = await open('/clusters/prod');
  const isShown = async (id: string): Promise<void> => {
    await page.getByRole('heading', { level: 2, name: id, exact: true }).waitFor();
    await page.locator(`#order-hold-${id}`).waitFor();
    await eventually('its panel has the focus', async () => (await focusOf(page)) === 'instance-title');
  };
  for (const id of ['i-1', 'i-2', 'i-1']) {
    await page.locator(`#tile-${id}`).click();
    await isShown(id);
  }
  await page.getByRole('link', { name: 'Close' }).click();
  await page.getByRole('textbox', { name: 'Instance' }).fill(' i-3 ');
  await page.keyboard.press('Enter');
  await isShown('i-3');
  expect(page.url()).toMatch(/\?instance=i-3$/);
});

test('everything can be done with the keyboard', async ({ open, source, expect }) => {
  source.views.set('prod', busyCluster(30));
  const page = await open('/clusters/prod');
  const focused = (): Promise<string> => focusOf(page);
  const tab = async (): Promise<string> => {
    await page.keyboard.press('Tab');
    return focused();
  };
  const stops: string[] = [];
  while (!(await tab()).startsWith('tile-')) stops.push(await focused());
  expect(stops).toContain('order-pause');

  const tiles = await page.evaluate<string[]>(`[...document.querySelectorAll('.tile')].map(({ id }) => id)`);
  expect(await focused()).toBe(tiles[0]);
  await page.keyboard.press('ArrowRight');
  expect(await focused()).toBe(tiles[1]);
  await page.keyboard.press('End');
  expect(await focused()).toBe(tiles.at(-1));
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  const below = page.locator(`#${await focused()}`);
  const [top, next] = [await page.locator('.tile').first().boundingBox(), await below.boundingBox()];
  expect(next?.x).toBe(top?.x);
  expect(next?.y).toBeGreaterThan(top?.y ?? Infinity);
  // The map is one stop.
  expect(await tab()).not.toMatch(/^tile-/);
  await page.keyboard.press('Shift+Tab');

  const chosen = (await focused()).slice('tile-'.length);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 2, name: chosen }).waitFor();
  await eventually('its panel has the focus', async () => (await focused()) === 'instance-title');
  while (!(await tab()).startsWith('order-'));
  await page.keyboard.press('Enter');
  await eventually('the reason has the focus', async () => (await focused()) === 'order-reason');
  await page.keyboard.press('Escape');
  await eventually('the button has it again', async () => (await focused()).startsWith('order-'));
  await page.keyboard.press('Enter');
  await page.keyboard.type('batch job runs');
  await page.keyboard.press('Enter');
  await page.getByText(/was done\./).waitFor();
  expect(source.orders).toEqual([
    { cluster: 'prod', order: expect.any(String), instance: chosen, reason: 'batch job runs' },
  ]);
  await page.goBack();
  await eventually('the panel is closed', async () => (await page.locator('#instance-title').count()) === 0);
});

test('says why an order was refused, and lets it be given again', async ({ open, source, expect }) => {
  source.refusal = 'prod is not paused. <b>Look</b> again.';
  const page = await open('/clusters/prod');
  await page.getByRole('button', { name: 'Pause prod' }).click();
  await page.getByLabel('Reason').fill('change freeze');
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await page.getByRole('alert').getByText(source.refusal).waitFor();
  source.refusal = null;
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await page.getByRole('status').getByText('pause was done.').waitFor();
  expect(await page.getByRole('dialog').count()).toBe(0);
  expect(source.orders).toEqual([{ cluster: 'prod', order: 'pause', reason: 'change freeze' }]);
});

test('shows texts of hosts and operators as texts', async ({ open, source, expect }) => {
  const hostile = `"'></script><img src="https://evil.example/x" onerror="alert(1)"><script>alert(2)</script>`;
  show(source, {
    headline: hostile,
    instances: [
      instanceView({ instance: 'i-1', zone: hostile, state: hostile, reason: hostile, version: hostile }),
    ],
    orders: [{ at: '2026-11-21T13:00:00.000Z', what: 'pause', by: hostile, reason: hostile }],
  });
  const page = await open(`/clusters/prod?instance=i-1`);
  await page.locator('#headline').getByText(hostile).waitFor();
  await page.locator('#instance').getByText(hostile, { exact: true }).first().waitFor();
  show(source, {
    headline: `later ${hostile}`,
    orders: [{ at: '', what: 'pause', reason: `later ${hostile}` }],
  });
  await page.locator('#headline').getByText(`later ${hostile}`).waitFor();
  await page.locator('#orders').getByText(`later ${hostile}`).waitFor();
  expect(await page.locator('img').count()).toBe(0);
});

test('says when nothing can be seen, keeps what was seen, and recovers by itself', async ({
  open,
  source,
  expect,
}) => {
  const page = await open('/clusters/prod');
  source.broken = new Error('Temporal at 127.0.0.1:7233 cannot be reached: ECONNREFUSED.');
  await page
    .getByRole('alert')
    .getByText(/Not up to date\..*cannot be reached: ECONNREFUSED/)
    .waitFor();
  expect(await page.locator('#tile-i-00000000000000001').count()).toBe(1);
  source.broken = null;
  await page.getByText('Not up to date.').waitFor({ state: 'detached' });
});

test('says when the dashboard itself has gone, and when it was started anew', async ({
  browser,
  source,
  expect,
}) => {
  const first = await testDashboard(source, { everyMs });
  const { page, close } = await openPage(browser);
  await page.goto(first.url);
  await page.getByRole('link', { name: 'prod' }).click();
  await page.getByRole('heading', { level: 1, name: 'prod' }).waitFor();
  const { looks } = source;
  await eventually('the page follows', () => source.looks > looks + 2);
  await first.close();
  await page.getByRole('alert').getByText('The dashboard does not answer.').waitFor();
  const second = await testDashboard(source, { everyMs, port: first.port });
  await page.getByRole('alert').getByText('was started anew: open the address that it has printed').waitFor();
  await page.goto(second.url);
  await page.getByRole('link', { name: 'prod' }).click();
  await page.getByRole('heading', { level: 1, name: 'prod' }).waitFor();
  expect(await page.getByText('started anew').count()).toBe(0);
  await close();
  await second.close();
});

test('looks no more when its tab is hidden', async ({ open, source, expect }) => {
  const page = await open('/clusters/prod');
  const { looks } = source;
  await eventually('it is looked at', () => source.looks > looks + 5);
  const setHidden = (hidden: boolean): Promise<void> =>
    page.evaluate(`
      Object.defineProperty(document, 'hidden', { configurable: true, value: ${hidden} });
      document.dispatchEvent(new Event('visibilitychange'));
    `);
  await setHidden(true);
  await eventually('nobody looks any more', async () => {
    const before = source.looks;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return source.looks === before;
  });
  show(source, { headline: 'it went on' });
  await setHidden(false);
  await page.getByText('it went on').waitFor();
  expect(source.looks).toBeGreaterThan(looks);
});

test('a thousand instances fit on a phone, and stay usable', async ({ open, source, expect }) => {
  source.views.set('prod', busyCluster(1000));
  const page = await open('/clusters/prod', { viewport: { width: 360, height: 740 } });
  expect(await page.locator('.tile').count()).toBe(1000);
  const width = (): Promise<number> => page.evaluate('document.documentElement.scrollWidth');
  expect(await width()).toBe(360);
  const last = page.locator('.tile').last();
  await last.click();
  await page.getByRole('heading', { level: 2, name: /^i-/ }).waitFor();
  expect(await width()).toBe(360);
  await page.getByRole('link', { name: 'Show all 1000' }).click();
  await eventually('all are listed', async () => (await page.locator('.rows tbody tr').count()) === 1000);
});

test.for(['light', 'dark'] as const)(
  'texts can be read on every colour, %s',
  async (colorScheme, { open, source, expect }) => {
    source.views.set('prod', busyCluster(40));
    const page = await open('/clusters/prod', { colorScheme });
    const colour = (name: string): Promise<string> =>
      page.evaluate(`getComputedStyle(document.body).getPropertyValue('${name}')`);
    const surfaces = [await colour('--page'), await colour('--card')];
    const found: { name: string; front: string; back: string; least: number }[] = [];
    for (const tone of Object.keys(looks)) {
      const style = await page.evaluate<{ front: string; back: string; line: string }>(`(() => {
        const probe = document.createElement('span');
        probe.className = 'badge tone-${tone}';
        document.body.append(probe);
        const { color, backgroundColor, borderTopColor } = getComputedStyle(probe);
        probe.remove();
        return { front: color, back: backgroundColor, line: borderTopColor };
      })()`);
      found.push({ name: tone, ...style, least: 4.5 });
      // A sign that is no text: a bar of the timeline (WCAG 2.2, 1.4.11).
      for (const back of surfaces) found.push({ name: `line of ${tone}`, front: style.line, back, least: 3 });
    }
    for (const name of ['--text', '--muted', '--accent', '--danger'])
      for (const back of surfaces) found.push({ name, front: await colour(name), back, least: 4.5 });
    for (const name of ['accent', 'banner'])
      found.push({ name, front: await colour(`--on-${name}`), back: await colour(`--${name}`), least: 4.5 });
    expect(found).toHaveLength(3 * Object.keys(looks).length + 10);
    const tooLow = found.filter(({ front, back, least }) => contrast(front, back) < least);
    expect(tooLow).toEqual([]);
  },
);

test('has the landmarks and names that a screen reader goes by', async ({ open, source, expect }) => {
  source.views.set('prod', busyCluster(10));
  const page = await open('/clusters/prod');
  for (const role of ['banner', 'main', 'navigation'] as const)
    expect(await page.getByRole(role).count(), role).toBe(1);
  for (const name of ['Fleet', 'Timeline', 'Orders', 'Instances', 'Chosen instance'])
    expect(await page.getByRole('region', { name }).count(), name).toBeGreaterThan(0);
  expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
  for (const role of ['button', 'link', 'img', 'textbox', 'searchbox', 'progressbar'] as const) {
    const all = await page.getByRole(role).all();
    expect(all.length, role).toBe(await page.getByRole(role, { name: /\S/ }).count());
  }
  const ids = await page.evaluate<string[]>(`[...document.querySelectorAll('[id]')].map(({ id }) => id)`);
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
});

/** Contrast of two colours (WCAG 2.2). */
function contrast(front: string, back: string): number {
  const [a, b] = [luminance(front), luminance(back)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance(colour: string): number {
  const parts = colour.startsWith('#')
    ? (colour.slice(1).match(/../g) ?? []).map((part) => parseInt(part, 16))
    : (colour.match(/\d+(\.\d+)?/g) ?? []).map(Number);
  const [r = 0, g = 0, b = 0] = parts.slice(0, 3).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
