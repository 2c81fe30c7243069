import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../../src/config/settings.js';
import { instanceDetails } from '../../../src/model/instance-details.js';
import { mostInAddress, sizeInAddress } from '../../../src/model/markdown.js';
import type { InstanceInput, InstanceStatus } from '../../../src/model/steering.js';
import { hostileTexts } from '../../support/hostile-texts.js';

const since = '2026-03-01T12:00:00.000Z';
const document = { name: 'd', version: '1', hash: 'h' };
const input: InstanceInput = {
  cluster: { name: 'prod', arn: 'arn:aws:ecs:eu-central-1:1:cluster/prod', region: 'eu-central-1' },
  rolloutId: 'r',
  documents: { check: document, apply: document, reboot: document },
  settings: parseSettings({}),
  instance: { ec2InstanceId: 'i-0abc', containerInstanceArn: 'arn', availabilityZone: null },
  quarantined: {},
  work: { mode: 'update', from: '1.26.0', to: '1.26.1', found: 'Available', checkedAt: since, hostNow: 0 },
};

const status = (given: Partial<InstanceStatus> = {}): InstanceStatus => ({
  phase: 'draining',
  since,
  entered: [],
  from: '1.26.0',
  to: '1.26.1',
  note: null,
  needsAttention: false,
  outcome: null,
  ...given,
});

describe('an instance in the UI', () => {
  test('has its phase with its limit, its versions, and the commands to look further', () => {
    expect(instanceDetails(input, status())).toBe(
      [
        `**draining** since ${since}: it is being drained, at most 25m; then it is given back.`,
        'Update from 1.26.0 to 1.26.1.',
        'The pending activity says what is awaited now.',
        'Look further:',
        [
          '    ecs-updater why --cluster prod --instance i-0abc',
          '    ecs-updater history --cluster prod --instance i-0abc',
          '    ecs-updater status --cluster prod --watch',
        ].join('\n'),
      ].join('\n\n'),
    );
  });

  test('says what needs attention, and what else is to be noted', () => {
    const note = 'needs attention: not given back after 15m.';
    expect(instanceDetails(input, status({ phase: 'activating', note, needsAttention: true }))).toContain(
      `**Needs attention**: ${note}`,
    );
    expect(instanceDetails(input, status({ note: 'skip comes too late' }))).toContain(
      '**Note**: skip comes too late',
    );
  });

  test('that has ended says how', () => {
    const details = instanceDetails(
      input,
      status({ outcome: { kind: 'updated', from: '1.26.0', to: '1.26.1' } }),
    );
    expect(details).toMatch(/^\*\*updated\*\*: updated from 1\.26\.0 to 1\.26\.1\.\n/);
    expect(details).not.toContain('pending activity');
  });

  test('that is given back for an interrupted rollout does not claim that it reboots', () => {
    const restore: InstanceInput = { ...input, work: { mode: 'restore', since } };
    expect(instanceDetails(restore, status({ phase: 'rebooting', from: null, to: null }))).toMatch(
      /^\*\*rebooting\*\* since \S+: it is given back once nothing that an interrupted rollout ordered can act any more\.\n/,
    );
  });

  test.each(hostileTexts)('keeps its shape whatever is said: %j', (text) => {
    const details = instanceDetails(input, status({ from: text, to: text, note: text }));
    expect(details.split('\n\n').slice(1, 3)).toEqual([
      expect.stringMatching(/^Update from `[^`]+` to `[^`]+`\.$/),
      expect.stringMatching(/^\*\*Note\*\*: `[^`]+`$/),
    ]);
  });

  test('fits into the address of a request', () => {
    const long = '语'.repeat(1000);
    const outcome = { kind: 'failed', reason: { code: 'workflow-ended', detail: long } } as const;
    const details = instanceDetails(input, status({ from: long, to: long, note: long, outcome }));
    expect(sizeInAddress(details)).toBeLessThanOrEqual(mostInAddress);
  });
});
