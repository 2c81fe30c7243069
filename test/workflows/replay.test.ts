import type { DataConverter } from '@temporalio/common';
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker } from '@temporalio/worker';
import { describe, expect, test } from 'vitest';
import { conversionFor } from '../../src/temporal/encryption/data-converter.js';
import { keyLine, parseKeyRing } from '../../src/temporal/encryption/key-ring.js';
import { workflowCode, type WorkflowCodeKind } from '../../src/worker/workflow-code.js';
import {
  endings,
  type KeptHistory,
  keptEndings,
  keptReleases,
  readHistory,
  thisRelease,
} from '../support/histories.js';
import { quietSdk } from '../support/sdk-log.js';

quietSdk();

/** What went wrong when histories were replayed against the workflows of today. */
async function faults(
  histories: KeptHistory[],
  kind: WorkflowCodeKind = {},
  dataConverter: DataConverter = {},
): Promise<{ workflowId: string; error: Error }[]> {
  const found: { workflowId: string; error: Error }[] = [];
  const replayed = Worker.runReplayHistories(
    {
      workflowBundle: await workflowCode(kind),
      dataConverter,
      sinks: { exporter: { export: { fn: () => {} } } },
    },
    histories,
  );
  let count = 0;
  for await (const { workflowId, error } of replayed) {
    count += 1;
    if (error) found.push({ workflowId, error });
  }
  expect(count).toBe(histories.length);
  return found;
}

test('there is a history of every ending in this release, and of nothing else', () => {
  expect(keptReleases()).toContain(thisRelease);
  expect(keptEndings(thisRelease).toSorted()).toEqual([...endings].toSorted());
});

describe.each(keptReleases())('of release %s', (release) => {
  const kept = keptEndings(release);

  test.each(kept)('%s was recorded to its end', (ending) => {
    const text = JSON.stringify(readHistory(release, ending).history);
    expect(text).toMatch(/EVENT_TYPE_WORKFLOW_EXECUTION_(COMPLETED|CANCELED|FAILED|CONTINUED_AS_NEW)/);
  });

  test('every recorded history replays', async () => {
    expect(await faults(kept.map((ending) => readHistory(release, ending)))).toEqual([]);
  });

  test('every recorded history replays where tracing was switched on meanwhile', async () => {
    expect(
      await faults(
        kept.map((ending) => readHistory(release, ending)),
        { traced: true },
      ),
    ).toEqual([]);
  });
});

test('every recorded history replays where encryption was switched on meanwhile', async () => {
  const key = keyLine({ id: 'a', kind: 'aes256', material: Buffer.alloc(32, 1) });
  const { dataConverter } = await conversionFor(parseKeyRing(key, 'the test'));
  const all = keptReleases().flatMap((release) =>
    keptEndings(release).map((ending) => readHistory(release, ending)),
  );
  expect(await faults(all, { encoding: true }, dataConverter)).toEqual([]);
});

test('a history that another code wrote does not', async () => {
  const { workflowId, history } = readHistory(thisRelease, 'update-instance/updated');
  const tampered: unknown = JSON.parse(JSON.stringify(history).replaceAll('"applyUpdate"', '"activate"'));
  const [fault, ...more] = await faults([{ workflowId, history: tampered }]);
  expect(more).toEqual([]);
  expect(fault?.error).toBeInstanceOf(DeterminismViolationError);
});
