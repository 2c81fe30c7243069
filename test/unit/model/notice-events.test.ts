import { describe, expect, test } from 'vitest';
import {
  instanceHeld,
  instanceNeedsAttention,
  isWorthTelling,
  rolloutFinished,
  rolloutStarted,
  rolloutStopped,
  rolloutWaits,
  testNotice,
} from '../../../src/model/notice-events.js';
import { headline, noticeText } from '../../../src/model/notice-text.js';
import { at, cluster, group, kim, queued, report, rolloutId, status } from '../../support/notices.js';

const failed = group(
  {
    kind: 'failed',
    from: '1.26.0',
    to: '1.26.1',
    reason: { code: 'booted-old-version', version: '1.26.0', target: '1.26.1' },
  },
  'i-3',
);
const updated = group({ kind: 'updated', from: '1.26.0', to: '1.26.1' }, 'i-1', 'i-2');
const upToDate = group({ kind: 'skipped', reason: { code: 'up-to-date', version: '1.26.1' } }, 'i-4', 'i-5');
const ghost = group(
  { kind: 'skipped', reason: { code: 'ssm-offline', pingStatus: 'Inactive', lastPing: null } },
  'i-6',
);

describe('the message on a rollout', () => {
  test('that begins counts what is to be done and left alone', () => {
    const notice = rolloutStarted(
      status({ queued: [queued('i-1'), queued('i-2')], results: [upToDate, ghost] }),
      at,
    );
    expect(notice).toMatchObject({
      id: `msg_${rolloutId}_started`,
      event: 'rollout-started',
      at,
      rollout: { id: rolloutId, workflowId: 'ecs-updater/prod' },
    });
    expect(headline(notice)).toBe(
      'rollout of prod started: 2 to update, 3 skipped (2 up-to-date, 1 ssm-offline)',
    );
    expect(notice.instances.map(({ id, state }) => `${id} ${state}`)).toEqual(['i-1 queued', 'i-2 queued']);
    expect(notice.commands).toEqual(['ecs-updater status --cluster prod --watch']);
  });

  test('that also gives back what an earlier one left says so', () => {
    const left = { ec2InstanceId: 'i-9', workflowId: 'w', from: null, to: null, since: at };
    expect(rolloutStarted(status({ inFlight: [left] }), at).reasons).toEqual([
      'It gives back 1 instance that an interrupted rollout left out of service.',
    ]);
  });

  test('that is over has the worst first, and no line for those that are as they should be', () => {
    const notice = rolloutFinished(cluster, report([upToDate, updated, ghost, failed]));
    expect(headline(notice)).toBe(
      'rollout of prod finished: 1 failed, 2 updated, 3 skipped (2 up-to-date, 1 ssm-offline)',
    );
    expect(notice.instances.map(({ id }) => id)).toEqual(['i-3', 'i-6', 'i-1', 'i-2']);
    expect(noticeText(notice))
      .toBe(`rollout of prod finished: 1 failed, 2 updated, 3 skipped (2 up-to-date, 1 ssm-offline)

INSTANCE  STATE        FROM    TO
i-3       failed       1.26.0  1.26.1
  1.26.1 did not boot; the host fell back to 1.26.0. Look at its console output before you try 1.26.1 again.
i-6       ssm-offline  -       -
  SSM cannot reach it (Inactive, last ping unknown). Check the control container and its network.
i-1       updated      1.26.0  1.26.1
i-2       updated      1.26.0  1.26.1

Look further:
  ecs-updater status --cluster prod

Cluster prod in eu-central-1. Temporal: workflow ecs-updater/prod, rollout ${rolloutId}`);
  });

  test.each([
    ['everybody is up to date', [upToDate], null, false],
    ['somebody was updated', [upToDate, updated], null, true],
    ['somebody could not be reached', [upToDate, ghost], null, true],
    ['it stopped', [upToDate], { by: 'cancelled' } as const, true],
  ])('that is over: is it worth one where %s?', (_, groups, stopped, isWorth) => {
    expect(isWorthTelling({ groups, stopped })).toBe(isWorth);
  });

  test('that had stopped says why', () => {
    const stop = { by: 'failure-budget', failures: 2, budget: 1 } as const;
    expect(rolloutFinished(cluster, { ...report([failed]), stopped: stop }).reasons).toEqual([
      'It had stopped before every instance had its turn: 2 failures passed the failure budget of 1.',
    ]);
    const stopped = rolloutStopped(
      status({
        results: [failed],
        queued: [queued('i-1')],
        inFlight: [{ ...queued('i-2'), workflowId: 'w', since: at }],
      }),
      stop,
      at,
    );
    expect(stopped).toMatchObject({
      event: 'rollout-stopped',
      reasons: [
        'It starts nothing more: 2 failures passed the failure budget of 1.',
        'What is done on 1 instance is finished first.',
      ],
    });
    expect(headline(stopped)).toBe('rollout of prod stopped: 1 failed, 1 in flight, 1 to update');
  });

  test('that waits names who paused what, and the command that ends it', () => {
    const whole = rolloutWaits(status({ paused: kim, queued: [queued('i-1')] }), 'paused', at);
    expect(whole).toMatchObject({
      event: 'waiting-for-person',
      reasons: [`prod is paused by kim since ${at}: change freeze.`],
      commands: ['ecs-updater resume --cluster prod', 'ecs-updater status --cluster prod'],
    });
    expect(whole.instances).toMatchObject([{ id: 'i-1', state: 'paused' }]);
    const one = rolloutWaits(status({ queued: [queued('i-1', { paused: kim })] }), 'paused', at);
    expect(one).toMatchObject({
      reasons: [`i-1 is paused by kim since ${at}: change freeze.`],
      commands: ['ecs-updater resume --cluster prod --instance i-1', 'ecs-updater status --cluster prod'],
    });
  });

  test('does not count as waiting who is skipped', () => {
    const notice = rolloutStarted(
      status({ queued: [queued('i-1', { skipped: { by: 'kim' } }), queued('i-2')] }),
      at,
    );
    expect(notice.instances.map(({ id }) => id)).toEqual(['i-2']);
    expect(notice.counts?.queued).toBe(1);
  });

  test('names few of thousands, and counts the rest', () => {
    const ids = Array.from({ length: 3000 }, (_, i) => `i-${i}`);
    const text = noticeText(rolloutFinished(cluster, report([group({ ...failed.result }, ...ids)])));
    expect(text).toContain('3000 failed');
    expect(text).toContain('\nand 2980 more\n');
  });
});

describe('the message on an instance', () => {
  const subject = { cluster, rolloutId, ec2InstanceId: 'i-1', from: '1.26.0', to: '1.26.1' };

  test('that cannot be given back names its own workflow', () => {
    const notice = instanceNeedsAttention(subject, 'needs attention: not given back after 15m.', at);
    expect(notice).toMatchObject({
      id: `msg_${rolloutId}_needs-attention_i-1`,
      event: 'waiting-for-person',
      title: 'i-1 of prod cannot be given back',
      rollout: { workflowId: 'ecs-updater/prod/i-1' },
      instances: [
        { id: 'i-1', state: 'needs-attention', reason: 'needs attention: not given back after 15m.' },
      ],
    });
    expect(notice.commands[0]).toBe('temporal workflow describe --workflow-id ecs-updater/prod/i-1');
  });

  test('that is held tells how to end that', () => {
    const reason = { code: 'reboot-limit', limitMs: 900_000, afterwards: { did: 'hold' } } as const;
    const notice = instanceHeld(subject, { kind: 'failed', reason }, at);
    expect(notice.instances[0]?.reason).toContain('It stays DRAINING.');
    expect(notice.commands[0]).toBe('ecs-updater clear --cluster prod --instance i-1');
  });
});

test('a test message says that nothing has happened', () => {
  expect(noticeText(testNotice(cluster, 'abc', 'kim', at))).toBe(`test message for prod
Sent by kim, to see who gets the messages of this cluster. Nothing has happened.

Look further:
  ecs-updater status --cluster prod

Cluster prod in eu-central-1`);
});
