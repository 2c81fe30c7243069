import { describe, expect, it } from 'vitest';
import { hostTimes } from '../../../src/model/settings.js';
import { contentOf, documentOf, scriptWith } from './document.js';

describe.each(['check', 'apply', 'reboot'] as const)('ecs-updater-%s', (role) => {
  it('is one step for Linux with a limit of its own', async () => {
    const { mainSteps, schemaVersion } = await documentOf(role);
    expect(schemaVersion).toBe('2.2');
    expect(mainSteps).toMatchObject([
      {
        action: 'aws:runShellScript',
        precondition: { StringEquals: ['platformType', 'Linux'] },
        inputs: {
          timeoutSeconds: { check: '90', apply: String(hostTimes.applySeconds), reboot: '400' }[role],
        },
      },
    ]);
  });

  it('has nothing in double braces but its parameters', async () => {
    const { parameters } = await documentOf(role);
    const used = (await contentOf(role)).match(/\{\{[^{}]*\}\}/g) ?? [];
    const allowed = Object.keys(parameters).map((name) => `{{ ${name} }}`);
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((each) => !allowed.includes(each))).toEqual([]);
  });
});

const NotAfter = '1234567890';

it.each([
  ['check', { Refresh: "true' ]; reboot; [ '" }],
  ['check', { Refresh: 'yes' }],
  ['apply', { NotAfter, CommandId: '$(reboot)' }],
  ['apply', { NotAfter, CommandId: "a'b" }],
  ['apply', { NotAfter, CommandId: 'a\nb' }],
  ['apply', { NotAfter, CommandId: 'a/b' }],
  ['apply', { NotAfter, CommandId: 'x'.repeat(81) }],
  ['apply', { CommandId: 'a', NotAfter: '12345678901' }],
  ['apply', { CommandId: 'a' }],
  ['reboot', { CommandId: 'a', BootId: '6f1c2b9e-3f44-4a51-9a0d-0c5d5f6f7a10', NotAfter: '12345678901' }],
  ['reboot', { CommandId: 'a', BootId: '6f1c2b9e-3f44-4a51-9a0d-0c5d5f6f7a1;', NotAfter: '1234567890' }],
  ['reboot', { CommandId: 'a', BootId: '6F1C2B9E-3F44-4A51-9A0D-0C5D5F6F7A10', NotAfter: '1234567890' }],
  ['reboot', { CommandId: 'a' }],
] as const)('%s refuses %j', async (role, parameters) => {
  await expect(scriptWith(role, parameters)).rejects.toMatchObject({ code: 'InvalidParameters' });
});
