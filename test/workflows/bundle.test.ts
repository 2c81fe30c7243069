import { expect, test } from 'vitest';
import { createActivities } from '../../activities/index.js';
import * as workflows from '../../workflows/index.js';
import { workflowCode } from '../../src/worker/workflow-code.js';
import { fleet } from '../support/fake-activities.js';

test('the workflows bundle', async () => {
  expect(JSON.stringify(await workflowCode()).length).toBeGreaterThan(1000);
});

test('the names of the workflows are those that are scheduled and started', () => {
  expect(Object.keys(workflows).toSorted()).toEqual([
    'examineCluster',
    'explainInstance',
    'notify',
    'planCluster',
    'startRollout',
    'steerCluster',
    'updateCluster',
    'updateInstance',
  ]);
});

test('a worker offers every activity that the workflows know, and no other', () => {
  expect(Object.keys(createActivities()).toSorted()).toEqual(fleet([]).activityNames.toSorted());
});
