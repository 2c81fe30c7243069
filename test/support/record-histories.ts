/** Records a history of each ending into the folder of this release. Run by `npm run histories` alone, never by CI. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { beforeAll, expect, test } from 'vitest';
import { endings, historyFile, releaseFolder, thisRelease } from './histories.js';
import { incidents } from './recorded-incidents.js';
import { realTimeStage, timeSkippingStage } from './workflow-harness.js';

const play = timeSkippingStage();
const playInRealTime = realTimeStage();

// What earlier releases wrote stays as it is.
const folder = releaseFolder(thisRelease);

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
});

test.each(endings)('%s', async (ending) => {
  const { hosts, inRealTime, play: script } = incidents[ending];
  const kept = await (inRealTime ? playInRealTime : play)(
    hosts,
    async (stage) => {
      const handle = await script(stage, hosts);
      const history: unknown = JSON.parse(historyToJSON(await handle.fetchHistory()));
      return { workflowId: handle.workflowId, history };
    },
    `recorded-${ending.replace('/', '-')}`,
  );
  const json = JSON.stringify(kept, (key, value: unknown) => (key === 'stackTrace' ? '' : value), 1);
  expect(json).toContain('EVENT_TYPE_WORKFLOW_EXECUTION_');
  writeFileSync(historyFile(thisRelease, ending), `${json}\n`);
});
