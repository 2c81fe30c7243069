import { expect, test } from 'vitest';
import { progressOf } from '../../../src/model/progress.js';
import { clusterStatusOf } from '../../support/cluster-status.js';

const versions = { from: '1.26.0', to: '1.26.1' };
const flying = { ec2InstanceId: 'i-a', workflowId: 'w', since: '2026-03-01T12:00:00Z', ...versions };
const queued = { ec2InstanceId: 'i-b', paused: null, skipped: null, ...versions };

test('counts updates that ended, well or not, of all that were, are and will be made', () => {
  const reason = { code: 'cancelled' } as const;
  const status = clusterStatusOf({
    inFlight: [flying, { ...flying, ec2InstanceId: 'i-restored', from: null, to: null }],
    queued: [queued, { ...queued, skipped: { by: 'kim' } }],
    results: [
      { result: { kind: 'updated', ...versions }, ec2InstanceIds: ['i-1', 'i-2'] },
      { result: { kind: 'rolled-back', reason }, ec2InstanceIds: ['i-3'] },
      { result: { kind: 'failed', reason }, ec2InstanceIds: ['i-4'] },
      { result: { kind: 'skipped', reason: { code: 'up-to-date', version: '1' } }, ec2InstanceIds: ['i-5'] },
    ],
  });
  expect(progressOf(status)).toEqual({ done: 4, of: 6 });
});

test('is not known while hosts are asked', () => {
  expect(progressOf(clusterStatusOf({ stage: 'checking' }))).toBeNull();
});
