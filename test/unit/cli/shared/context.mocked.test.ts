import { userInfo } from 'node:os';
import { expect, test, vi } from 'vitest';
import { operator } from '../../../../src/cli/shared/context.js';

vi.mock(import('node:os'), { spy: true });

test('an operator is whom the environment names, else the user', () => {
  expect(operator({ ECS_UPDATER_OPERATOR: 'deploy-bot' })).toBe('deploy-bot');
  expect(operator({ ECS_UPDATER_OPERATOR: '' })).toBe(userInfo().username);
});

test('an operator without a name, as in a container, is unknown', () => {
  vi.mocked(userInfo).mockImplementationOnce(() => {
    throw new Error('ENOENT: no such user');
  });
  expect(operator({})).toBe('unknown');
});
