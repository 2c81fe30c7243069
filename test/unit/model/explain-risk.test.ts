import { expect, test } from 'vitest';
import { explainRisk } from '../../../src/model/explain-risk.js';
import type { Risk } from '../../../src/model/risk.js';

const on = { ec2InstanceIds: ['i-1'] };

/** One of each code, with its sentence: the type makes the table complete. */
const sentences: { [Code in Risk['code']]: [Extract<Risk, { code: Code }>, string] } = {
  outage: [
    { code: 'outage', service: 'web', desiredCount: 1, minimumHealthyPercent: 0, on },
    'its only task may be stopped before another runs (minimumHealthyPercent 0), on i-1. Set minimumHealthyPercent to 100 and maximumPercent to 200 or more.',
  ],
  'cannot-move': [
    {
      code: 'cannot-move',
      service: 'web',
      desiredCount: 4,
      minimumHealthyPercent: 100,
      maximumPercent: 100,
      on: { ec2InstanceIds: ['i-1', 'i-2'], more: 3 },
    },
    'its tasks cannot move (minimumHealthyPercent and maximumPercent are both 100), on i-1, i-2 and 3 more. Set maximumPercent to 125 or more, or minimumHealthyPercent to 75 or less.',
  ],
  'no-room': [
    { code: 'no-room', service: 'web', cpu: 512, memoryMiB: 2048, ports: ['8080/tcp'], on },
    'may find no room for a task (512 CPU, 2048 MiB, port 8080/tcp) while i-1 is drained: it would be short of tasks, or the drain would run into its limit. Add capacity, or lower what other tasks reserve.',
  ],
  'single-task': [
    { code: 'single-task', service: 'web', on },
    'its only task moves, on i-1: a second runs beside it for a moment. See that both may, or run two.',
  ],
  'deployment-in-progress': [
    { code: 'deployment-in-progress', service: 'web', on },
    'a deployment of it is in progress: its hosts wait for its end, on i-1.',
  ],
  'protected-task': [
    { code: 'protected-task', service: 'web', tasks: 2, until: '2026-01-05T03:00:00.000Z', on },
    '2 tasks under task protection, at the latest until 2026-01-05T03:00:00.000Z, on i-1: not touched before.',
  ],
  'standalone-task': [
    { code: 'standalone-task', group: 'family:export', tasks: 1, on },
    '1 task that no service would replace, on i-1: not touched before it has ended.',
  ],
};

test.each(Object.entries(sentences))(
  'a risk of %s says what may happen and what to change',
  (_, [risk, sentence]) => {
    expect(explainRisk(risk)).toBe(sentence);
  },
);

test('a service of several tasks that all may be stopped, or that rounding keeps where it is, says so', () => {
  expect(
    explainRisk({ code: 'outage', service: 'web', desiredCount: 3, minimumHealthyPercent: 0, on }),
  ).toMatch(/^all of its 3 tasks may be stopped at once /);
  const rounded = { desiredCount: 1, minimumHealthyPercent: 50, maximumPercent: 150 };
  expect(explainRisk({ code: 'cannot-move', service: 'web', ...rounded, on })).toMatch(
    /^its tasks cannot move \(minimumHealthyPercent 50 rounds up, and maximumPercent 150 down, to its 1 task\), on i-1\. Set maximumPercent to 200 or more, or minimumHealthyPercent to 0 or less\.$/,
  );
});
