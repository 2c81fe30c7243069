import { array, assert, constantFrom, integer, property, record, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { messageSchema } from '../../../src/config/message-schema.js';
import { type Notice, targetName, wanting } from '../../../src/model/notice.js';
import { escapeSlack, slackMessage, snsMessage, webhookMessage } from '../../../src/model/notice-channels.js';
import { rolloutFinished, rolloutWaits, testNotice } from '../../../src/model/notice-events.js';
import { at, cluster, group, queued, report, status } from '../../support/notices.js';

const hostile =
  '<!channel> @here @channel &amp; *bold* ```\n# heading [link](https://evil.example) ![](https://evil.example/x)\r\u2028\u202Etxt\u001b[2J';

const paused = (reason: string): Notice =>
  rolloutWaits(status({ paused: { by: 'kim', reason, since: at }, queued: [queued('i-1')] }), 'paused', at);

describe('a chat', () => {
  test('is sent the headline, the reasons and the table in a block, and the commands', () => {
    const notice = rolloutFinished(cluster, {
      ...report([group({ kind: 'updated', from: '1.26.0', to: '1.26.1' }, 'i-1')]),
      stopped: { by: 'cancelled' },
    });
    expect(slackMessage(notice)).toEqual({
      text: `*rollout of prod finished: 1 updated*
\`\`\`
It had stopped before every instance had its turn: it was cancelled.

INSTANCE  STATE    FROM    TO
i-1       updated  1.26.0  1.26.1
\`\`\`
Look further: \`ecs-updater status --cluster prod\`
Cluster prod in eu-central-1. Temporal: workflow ecs-updater/prod, rollout 0b6f0ed1-3b5c-4a1e-9d2f-3a7d9f6c1e55`,
      unfurl_links: false,
      unfurl_media: false,
    });
  });

  test('is not called, linked or formatted by what somebody wrote as a reason', () => {
    const { text } = slackMessage(paused(hostile));
    const [, block = '', after = ''] = text.split('```');
    expect(text.split('```')).toHaveLength(3);
    expect(block).toContain('&lt;!channel&gt;');
    expect(block).toContain('&amp;amp;');
    expect(block.trim().split('\n')[0]).toMatch(/^prod is paused by kim .*heading \[link\].*txt \[2J\.$/);
    expect(text).not.toMatch(/@(?!\u200B)/);
    expect(text).not.toMatch(/[<>]/);
    expect(after).not.toContain('evil');
  });

  test.each([
    ['<!channel>', '&lt;!channel&gt;'],
    ['a & b', 'a &amp; b'],
    ['kim@example.com', 'kim@\u200Bexample.com'],
    ['`code`', "'code'"],
  ])('reads %s as it is', (text, escaped) => {
    expect(escapeSlack(text)).toBe(escaped);
  });
});

describe('a topic', () => {
  test('is sent a subject, the plain text, and attributes to filter by', () => {
    const { subject, message, attributes } = snsMessage(paused(hostile));
    expect(subject).toBe('ecs-updater: rollout of prod waits until it is resumed: 1 to update');
    expect(message).toContain('paused by kim');
    expect(attributes).toEqual({
      event: 'waiting-for-person',
      cluster: 'prod',
      id: 'msg_0b6f0ed1-3b5c-4a1e-9d2f-3a7d9f6c1e55_paused',
    });
  });
});

describe('a program', () => {
  test('is sent what the schema says, and nothing of the role', () => {
    const notice = rolloutFinished(
      { ...cluster, assume: { roleArn: 'arn:aws:iam::123456789012:role/updater', externalId: 'ours' } },
      report([group({ kind: 'skipped', reason: { code: 'check-failed', seen: hostile } }, 'i-1')]),
    );
    const message: unknown = JSON.parse(JSON.stringify(webhookMessage(notice)));
    expect(messageSchema.strict().parse(message)).toEqual(message);
    expect(message).toMatchObject({ version: 1, type: 'rollout-finished', data: { cluster } });
    expect(JSON.stringify(message)).not.toContain('ours');
  });
});

test('whatever hosts and operators say, no channel is sent what it cannot take', () => {
  const line = string({ unit: 'binary', maxLength: 700 });
  const many = record({
    name: constantFrom('prod', 'p'.repeat(128)),
    reason: line,
    seen: array(line, { maxLength: 30 }),
    instances: integer({ min: 0, max: 40 }),
  });
  assert(
    property(many, ({ name, reason, seen, instances }) => {
      const place = { ...cluster, name };
      const groups = seen.map((text, n) =>
        group({ kind: 'skipped', reason: { code: 'check-failed', seen: text } }, `i-${n}`),
      );
      const queue = Array.from({ length: instances }, (_, n) =>
        queued(`i-0000000000000${n}`, { paused: { reason, since: at } }),
      );
      for (const notice of [
        rolloutWaits(status({ cluster: place, queued: queue, results: groups }), 'paused', at),
        rolloutFinished(place, report(groups)),
        testNotice(place, 'x', reason, at),
      ]) {
        const { subject, message } = snsMessage(notice);
        expect(subject).toMatch(/^[!-~][ -~]{0,99}$/);
        expect(message).not.toBe('');
        expect(Buffer.byteLength(message)).toBeLessThan(100_000);
        const { text } = slackMessage(notice);
        expect(text.length).toBeLessThan(4000);
        expect([1, 3]).toContain(text.split('```').length);
        expect(messageSchema.safeParse(webhookMessage(notice)).error).toBeUndefined();
        expect(JSON.stringify(notice).length).toBeLessThan(50_000);
      }
    }),
    { numRuns: 100 },
  );
});

describe('targets', () => {
  const targets = [
    { type: 'sns', topicArn: 'arn:aws:sns:eu-central-1:123456789012:rollouts', events: ['rollout-started'] },
    { type: 'slack', urlFromEnv: 'SLACK_URL', events: ['rollout-stopped', 'rollout-started'] },
  ] satisfies Parameters<typeof targetName>[0][];
  const recipients = { targets, limits: { answerMs: 1, tryMs: 2 } };

  test('are named without what is secret', () => {
    expect(targets.map(targetName)).toEqual([
      'sns (arn:aws:sns:eu-central-1:123456789012:rollouts)',
      'slack (SLACK_URL)',
    ]);
  });

  test('are told of what they asked for, and of tests', () => {
    expect(wanting(recipients, 'rollout-stopped').targets).toEqual([targets[1]]);
    expect(wanting(recipients, 'rollout-finished').targets).toEqual([]);
    expect(wanting(recipients, 'test')).toEqual(recipients);
  });
});
