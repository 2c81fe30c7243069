import { expect, test } from 'vitest';
import { sharedDevServer } from '../../support/servers.js';

const server = sharedDevServer();

test('the suite has a real Temporal server, with schedules', async () => {
  const { client } = server();
  const missing = client.schedule.getHandle('ecs-updater/missing').describe();
  await expect(missing).rejects.toMatchObject({ name: 'ScheduleNotFoundError' });
});
