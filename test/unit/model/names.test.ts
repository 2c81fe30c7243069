import { expect, test } from 'vitest';
import {
  clusterWorkflowId,
  commandComment,
  commentPrefix,
  instanceWorkflowId,
  notifyWorkflowId,
  scheduleId,
  steerWorkflowId,
  workflowSubject,
} from '../../../src/model/names.js';

test('ids are what an operator can type', () => {
  expect(scheduleId('prod')).toBe('ecs-updater/prod');
  expect(clusterWorkflowId('prod')).toBe('ecs-updater/prod');
  expect(instanceWorkflowId('prod', 'i-1')).toBe('ecs-updater/prod/i-1');
});

test("a command's comment fits into the 100 characters of SSM, with the longest installation and id", () => {
  const comment = commandComment('x'.repeat(32), `reboot.${'0'.repeat(36)}.999`);
  expect(comment.length).toBeLessThanOrEqual(100);
  expect(comment.startsWith(commentPrefix('x'.repeat(32)))).toBe(true);
});

test('one installation does not take the commands of another for its own', () => {
  expect(commandComment('prod-2', 'check.1').startsWith(commentPrefix('prod'))).toBe(false);
});

test.each([
  [clusterWorkflowId('prod'), { cluster: 'prod' }],
  [`${scheduleId('prod-2026')}-2026-11-21T13:23:35Z`, { cluster: 'prod-2026' }],
  [steerWorkflowId('prod'), { cluster: 'prod' }],
  [notifyWorkflowId('prod', 'msg_a1_held_i-0abc'), { cluster: 'prod' }],
  [instanceWorkflowId('a/b', 'i-0abc1234def567890'), { cluster: 'a/b', instance: 'i-0abc1234def567890' }],
  [instanceWorkflowId('prod', 'mi-0abc'), { cluster: 'prod', instance: 'mi-0abc' }],
  ['another/prod', null],
])('the id %s tells what its workflow is about', (id, subject) => {
  expect(workflowSubject(id)).toEqual(subject);
});
