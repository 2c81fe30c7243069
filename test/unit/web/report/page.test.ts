import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { settingsText } from '../../../../src/config/settings-text.js';
import type { RolloutRecord } from '../../../../src/model/rollout-record.js';
import { reportPage } from '../../../../src/web/report/page.js';
import { recordOf } from '../../../support/rollout-records.js';

const origin = {
  at: '2026-03-02T00:00:00.000Z',
  by: 'kim',
  version: '0.1.0',
  place: 'the namespace default',
};

const pageOf = (record: RolloutRecord): Promise<string> =>
  reportPage({ record, settings: record.settings ? settingsText(record.settings) : {}, origin });

/** The text of a page, as somebody reads it. */
const textOf = (html: string): string =>
  html
    .replaceAll(/<style>.*?<\/style>/gs, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll(/\s+/g, ' ');

/** Every start tag of a page with its attributes. */
const tagsOf = (html: string): string[] => html.match(/<[a-z][^>]*>/gi) ?? [];

describe('the page of a report', () => {
  test('says what happened to whom, who ordered what, and by what it is found again', async () => {
    const record = recordOf(6);
    const text = textOf(await pageOf(record));
    expect(text).toContain('5 of 6 planned updates succeeded, from 1.26.0 to 1.26.1.');
    expect(text).toContain('1.26.1 did not boot; the host fell back to 1.26.0.');
    expect(text).toContain('change freeze until the release is out');
    expect(text).toContain('At most 1 instance was out of service through it at the same time (1 might be).');
    for (const id of [record.rolloutId, record.cluster.arn, record.workflowId, 'made by kim', 'c'.repeat(64)])
      expect(text).toContain(id);
    for (const { ec2InstanceId } of record.instances) expect(text).toContain(ec2InstanceId);
    expect(text).toContain('maxUnavailable 1');
  });

  test('needs nothing else and can do nothing: no request, no script, no style but its own', async () => {
    const html = await pageOf(recordOf(3));
    const tags = tagsOf(html);
    expect(
      tags.filter((tag) => /^<(script|link|img|iframe|object|embed|base|form|input)\b/i.test(tag)),
    ).toEqual([]);
    expect(
      tags.filter((tag) => /\s(src|srcset|style|on\w+|action|data|ping|background)=/i.test(tag)),
    ).toEqual([]);
    const targets = tags.flatMap((tag) => /\shref="([^"]*)"/.exec(tag)?.[1] ?? []);
    expect(targets.length).toBeGreaterThan(0);
    for (const target of targets) expect(target).toMatch(/^#instance-/);
    const styles = /<style>(.*?)<\/style>/s.exec(html)?.[1] ?? '';
    expect(styles).not.toMatch(/url\(|@import/);
    const hash = createHash('sha256').update(styles).digest('base64');
    const policy = tags.find((tag) => tag.includes('Content-Security-Policy')) ?? '';
    expect(policy.replaceAll('&#39;', "'")).toContain(
      `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
    );
    // It stands before what it governs.
    expect(html.indexOf('Content-Security-Policy')).toBeLessThan(html.indexOf('<style>'));
  });

  const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>' onload='x\u202Efdp.exe\u001B[2J</style>`;

  test('escapes whatever hosts, AWS and operators said, wherever it stands', async () => {
    const [first, ...rest] = recordOf(3).instances;
    if (!first) throw new Error('no instance');
    const record = recordOf(3, 1, {
      cluster: { name: evil, arn: evil, region: evil },
      rolloutId: evil,
      workflowId: evil,
      runIds: [evil],
      startedBy: evil,
      workers: [evil],
      brokeOff: evil,
      stopped: { by: 'error', message: evil },
      paused: { since: '2026-03-01T03:00:00.000Z', by: evil, reason: evil },
      steering: [{ at: '2026-03-01T03:00:00.000Z', what: 'skip', instance: evil, by: evil, reason: evil }],
      documents: {
        check: { name: evil, version: evil, hash: evil },
        apply: { name: 'a', version: '1', hash: 'h' },
        reboot: { name: 'r', version: '1', hash: 'h' },
      },
      instances: [
        {
          ...first,
          ec2InstanceId: evil,
          zone: evil,
          state: evil,
          standing: 'not-well',
          from: evil,
          to: evil,
          runs: evil,
          reason: evil,
        },
        ...rest,
      ],
      gaps: [evil],
    });
    const html = await reportPage({
      record,
      settings: { include: evil },
      origin: { at: origin.at, by: evil, version: evil, place: evil },
    });
    const tags = tagsOf(html);
    expect(tags.filter((tag) => /^<(script|img)\b/i.test(tag))).toEqual([]);
    expect(html.match(/<\/style>/g)).toHaveLength(1);
    // What stands in attributes ends where it should.
    expect(tags.filter((tag) => /\son\w+=/i.test(tag.replaceAll(/"[^"]*"/g, '""')))).toEqual([]);
    expect(textOf(html)).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    // Nor does anything turn or hide what stands there.
    expect(html.replaceAll('\n', '')).not.toMatch(/[\u202A-\u202E\u2066-\u2069]|\p{Cc}/u);
  });

  test('can be read without colours: each bar says its phases and how long they took', async () => {
    const html = await pageOf(recordOf(3));
    const labels = tagsOf(html).flatMap((tag) => /role="img" aria-label="([^"]*)"/.exec(tag)?.[1] ?? []);
    expect(labels).toContainEqual(
      expect.stringMatching(
        /^draining \S+, updating \S+, rebooting \S+, verifying \S+, activating \S+, settling \S+$/,
      ),
    );
    for (const tag of tagsOf(html).filter((tag) => tag.startsWith('<svg')))
      expect(tag).toMatch(/aria-label=|aria-hidden="true"/);
  });

  test('of a rollout that runs says so, and when that was', async () => {
    const text = textOf(await pageOf(recordOf(3, 1, { state: 'running', endedAt: null })));
    expect(text).toContain('until now');
    expect(text).toContain('It still runs ; this is how it stood at 2026-03-02 00:00:00 UTC');
  });

  test('of one that did nothing has no empty tables', async () => {
    const html = await pageOf(recordOf(0, 1, { steering: [], settings: null, documents: null }));
    expect(textOf(html)).toContain('No update was planned.');
    expect(textOf(html)).toContain('None while it ran.');
    expect(html).not.toMatch(/<(tbody|ul)[^>]*><\//);
  });

  test('of thousands is one that a browser opens', async () => {
    const html = await pageOf(recordOf(3000, 30));
    expect(html.length).toBeLessThan(8_000_000);
    // Not a line each: as many as were worked on at the same time.
    expect(html.match(/<th scope="row">\d+<\/th>/g)?.length).toBeLessThanOrEqual(31);
  });
});
