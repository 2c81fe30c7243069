import { expect, test } from 'vitest';
import type { Notice } from '../../../src/model/notice.js';
import { notificationEvents, type NotificationTarget } from '../../../src/model/notifications.js';
import { attempt, fleet, type Fleet } from '../../support/fake-activities.js';
import { timeSkippingStage } from '../../support/workflow-harness.js';

const play = timeSkippingStage();

const chat: NotificationTarget = { type: 'slack', urlFromEnv: 'CHAT', events: [...notificationEvents] };

const delivered = ({ messages }: Fleet): Notice[] => messages.map(({ notice }) => notice);

test('an instance that cannot be given back waits for a person, who is told once', async () => {
  const hosts = fleet([{ id: 'i-1' }], {
    activate: async (input, usual) => {
      if (attempt() <= 40) throw new Error('ServiceUnavailable');
      return usual(input);
    },
  });
  await play(hosts, async (stage) => (await stage.startInstance('i-1', { notify: [chat] })).result());
  expect(delivered(hosts)).toMatchObject([
    {
      event: 'waiting-for-person',
      title: expect.stringContaining('i-1 of '),
      instances: [
        {
          id: 'i-1',
          state: 'needs-attention',
          reason: expect.stringMatching(/^It was not given back after 15m\./),
        },
      ],
      commands: [
        expect.stringMatching(/^temporal workflow describe --workflow-id \S+\/i-1$/),
        expect.any(String),
      ],
    },
  ]);
});

test('an instance that is given back at once is no news', async () => {
  const hosts = fleet([{ id: 'i-1' }]);
  await play(hosts, async (stage) => (await stage.startInstance('i-1', { notify: [chat] })).result());
  expect(delivered(hosts)).toEqual([]);
});

test('an instance that is held after its reboot waits for a person', async () => {
  const hosts = fleet([{ id: 'i-1', boots: 'never' }]);
  await play(hosts, async (stage) => {
    const settings = { afterFailedReboot: 'hold' } as const;
    await (await stage.startInstance('i-1', { notify: [chat], settings })).result();
    await stage.heard();
  });
  expect(delivered(hosts)).toMatchObject([
    {
      event: 'waiting-for-person',
      instances: [{ id: 'i-1', state: 'held', reason: expect.stringContaining('15m') }],
      commands: [expect.stringMatching(/^ecs-updater clear .*--instance i-1$/), expect.any(String)],
    },
  ]);
});
