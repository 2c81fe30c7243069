import { DeterminismViolationError } from '@temporalio/workflow';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { workflowCode } from '../../src/worker/workflow-code.js';
import { endings, type KeptHistory, keptEndings, readHistory } from '../support/histories.js';

Runtime.install({ logger: new DefaultLogger('ERROR') });

/** What went wrong when histories were replayed against the workflows of today. */
async function faults(histories: KeptHistory[]): Promise<{ workflowId: string; error: Error }[]> {
  const found: { workflowId: string; error: Error }[] = [];
  const replayed = Worker.runReplayHistories({ workflowBundle: await workflowCode() }, histories);
  let count = 0;
  for await (const { workflowId, error } of replayed) {
    count += 1;
    if (error) found.push({ workflowId, error });
  }
  expect(count).toBe(histories.length);
  return found;
}

test('there is a history of every ending, and of nothing else', () => {
  expect(keptEndings().toSorted()).toEqual([...endings].toSorted());
});

test.each(endings)('%s was recorded to its end', (ending) => {
  const text = JSON.stringify(readHistory(ending).history);
  expect(text).toMatch(/EVENT_TYPE_WORKFLOW_EXECUTION_(COMPLETED|CANCELED|FAILED|CONTINUED_AS_NEW)/);
});

test('every recorded history replays', async () => {
  expect(await faults(endings.map(readHistory))).toEqual([]);
});

test('a history that another code wrote does not', async () => {
  const { workflowId, history } = readHistory('update-instance/updated');
  const tampered: unknown = JSON.parse(JSON.stringify(history).replaceAll('"applyUpdate"', '"activate"'));
  const [fault, ...more] = await faults([{ workflowId, history: tampered }]);
  expect(more).toEqual([]);
  expect(fault?.error).toBeInstanceOf(DeterminismViolationError);
});
