import { expect, test } from 'vitest';
import { workerIdentity } from '../../../src/worker/create-worker.js';

test('a worker in an ECS task is named after it', () => {
  const env = {
    ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/158d1c8083dd49d6b527399fd6414f5c-3209098320',
  };
  expect(workerIdentity(env)).toBe('ecs-task/158d1c8083dd49d6b527399fd6414f5c');
});

test('any other worker is named after its process and host', () => {
  expect(workerIdentity({})).toMatch(/^\d+@.+/);
});
