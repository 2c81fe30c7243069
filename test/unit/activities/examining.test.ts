import { expect, test } from 'vitest';
import { examineTarget } from '../../../activities/examining.js';
import type { NotificationTarget } from '../../../src/model/notifications.js';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const slack: NotificationTarget = { type: 'slack', urlFromEnv: 'CHAT', events: ['rollout-stopped'] };
const webhook: NotificationTarget = {
  type: 'webhook',
  urlFromEnv: 'HOOK',
  secretFromEnv: 'HOOK_SECRET',
  events: ['rollout-stopped'],
};

test.each<[NotificationTarget, Record<string, string>, string, RegExp]>([
  [slack, { CHAT: 'https://chat.example/T0PSECRET' }, 'ok', /^its variables are set$/],
  [slack, {}, 'warning', /^the variable CHAT is not set where this worker runs/],
  [slack, { CHAT: 'http://chat.example/T0PSECRET' }, 'warning', /^the variable CHAT has a URL without TLS/],
  [webhook, { HOOK: 'https://hook.example', HOOK_SECRET: secret }, 'ok', /^its variables are set$/],
  [webhook, { HOOK: 'https://hook.example' }, 'warning', /^the variable HOOK_SECRET is not set/],
  [
    webhook,
    { HOOK: 'https://hook.example', HOOK_SECRET: 'T0PSECRET' },
    'warning',
    /^the variable HOOK_SECRET has no secret of the form/,
  ],
  [
    { type: 'sns', topicArn: 'arn:aws:sns:eu-central-1:123456789012:on-call', events: [] },
    {},
    'skipped',
    /^not tried/,
  ],
])('doctor finds of %j with %j: %s', (target, env, status, fact) => {
  const finding = examineTarget(target, env, 'prod');
  expect(finding).toMatchObject({ status, fact: expect.stringMatching(fact) });
  expect(JSON.stringify(finding)).not.toMatch(/T0PSECRET|whsec_[A-Za-z0-9+/]{8}/);
});
