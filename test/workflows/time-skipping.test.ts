import { expect, test } from 'vitest';
import { timeSkippingEnvironment } from '../support/servers.js';

const environment = timeSkippingEnvironment();

test('a day passes in no time', async () => {
  const before = await environment().currentTimeMs();
  await environment().sleep('1 day');
  expect((await environment().currentTimeMs()) - before).toBeGreaterThanOrEqual(86_400_000);
});
