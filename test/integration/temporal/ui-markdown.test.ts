import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterDetails } from '../../../src/model/cluster-details.js';
import { type DevServer, startDevServer } from '../../../src/temporal/dev-server.js';
import { clusterStatusOf } from '../../support/cluster-status.js';
import { hostileTexts } from '../../support/hostile-texts.js';

const since = '2026-03-01T12:00:00.000Z';

let server: DevServer | undefined;
beforeAll(async () => {
  server = await startDevServer();
});
afterAll(() => server?.close());

/** What Temporal's UI makes of current details. */
async function rendered(markdown: string): Promise<string> {
  const page = await fetch(`${server?.uiUrl}/render?content=${encodeURIComponent(markdown)}`);
  expect(page.status).toBe(200);
  const [, main = ''] = /<main>(.*)<\/main>/s.exec(await page.text()) ?? [];
  return main;
}

const detailsWith = (text: string, instances: number): string =>
  clusterDetails(
    clusterStatusOf({
      paused: { by: text, reason: text, since },
      stopped: { by: 'error', message: text },
      queued: Array.from({ length: instances }, (_, n) => ({
        ec2InstanceId: `i-${n}`,
        from: text,
        to: '1.26.1',
        paused: null,
        skipped: null,
      })),
      results: [
        {
          result: { kind: 'failed', reason: { code: 'verify-limit', limitMs: 60_000, detail: text } },
          ec2InstanceIds: ['i-failed'],
        },
      ],
    }),
  );

const tags = (html: string): string[] => [
  ...new Set([...html.matchAll(/<([a-z][a-z0-9]*)/g)].flatMap(([, name]) => name ?? [])),
];

test('the table of a rollout is one in the UI', async () => {
  const html = await rendered(detailsWith('busy', 3));
  expect(html.match(/<tr>/g)).toHaveLength(1 + 4);
  expect(html.match(/<td>/g)).toHaveLength(4 * 5);
  expect(html).toContain('<strong>Paused</strong>: paused by busy since 2026-03-01T12:00:00.000Z: busy');
  expect(html).toMatch(/<pre><code>ecs-updater status --cluster prod --watch\n/);
});

test.each(hostileTexts)('in the UI %j is a text and nothing else', async (text) => {
  const html = await rendered(detailsWith(text, 2));
  expect(html.match(/<tr>/g)).toHaveLength(1 + 3);
  expect(html.match(/<td>/g)).toHaveLength(3 * 5);
  expect(tags(html).toSorted()).toEqual(
    ['code', 'p', 'pre', 'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr'].toSorted(),
  );
});
