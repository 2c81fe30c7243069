import { createHash } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { loadShell } from '../../../src/simulator/host/shell.js';
import { instanceId, makeAccount, member } from '../simulator/ssm/account.js';
import type { TestAccount } from '../simulator/ssm/account.js';
import { contentOf } from './document.js';
import type { Role } from './document.js';

beforeAll(() => loadShell());

const a = instanceId(0);

/** An account that has the product's documents. */
async function withDocuments(...args: Parameters<typeof makeAccount>): Promise<TestAccount> {
  const account = makeAccount(...args);
  for (const role of ['check', 'apply', 'reboot'] as const) {
    await account.call('CreateDocument', { Name: `ecs-updater-${role}`, Content: await contentOf(role) });
  }
  await account.clock.advance(5000);
  return account;
}

/** Sends one of them as the product does, pinned by version and hash; the id of the command. */
async function order(
  { call }: TestAccount,
  role: Role,
  parameters: Record<string, string>,
  instanceIds = [a],
): Promise<string> {
  const { Command } = await call('SendCommand', {
    DocumentName: `ecs-updater-${role}`,
    DocumentVersion: '1',
    DocumentHash: createHash('sha256')
      .update(await contentOf(role))
      .digest('hex'),
    DocumentHashType: 'Sha256',
    TimeoutSeconds: 60,
    Comment: `ecs-updater test ${role}`,
    Parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [value]])),
    InstanceIds: instanceIds,
  });
  return member(Command, 'CommandId');
}

async function answer(
  account: TestAccount,
  role: Role,
  parameters: Record<string, string> = {},
): Promise<unknown> {
  const result = await account.result(await order(account, role, parameters), a);
  return JSON.parse(member(result, 'StandardOutputContent').split('\n')[0] ?? '');
}

it('updates a host by the three documents, and guards it from a second reboot', async () => {
  const account = await withDocuments();
  const { clock, hosts } = account;
  const [host] = hosts;
  const before = await answer(account, 'check');
  expect(before).toMatchObject({
    schema: 1,
    bootId: host?.bootId,
    version: '1.26.0',
    status: { update_state: 'Available', chosen_update: { version: '1.26.1' } },
    error: null,
  });
  expect(Math.abs(Number(member(before, 'now')) - clock.now() / 1000)).toBeLessThan(3);
  const apply = { CommandId: 'apply-1', NotAfter: String(Math.floor(clock.now() / 1000) + 60) };
  expect(await answer(account, 'apply', apply)).toMatchObject({ exitCode: 0 });
  expect(await answer(account, 'apply', apply)).toMatchObject({ exitCode: 12 });

  const parameters = {
    BootId: member(before, 'bootId'),
    NotAfter: String(Math.floor(clock.now() / 1000) + 600),
    CommandId: 'reboot-1',
  };
  await order(account, 'reboot', parameters);
  await clock.advanceUntil(() => host?.ssmAgentUp === false);
  await clock.advanceUntil(() => host?.ssmAgentUp === true && host.ecsAgentUp);

  expect(await answer(account, 'check', { Refresh: 'false' })).toMatchObject({
    bootId: host?.bootId,
    version: '1.26.1',
    status: null,
    error: { exitCode: 1 },
  });
  expect(await answer(account, 'check')).toMatchObject({
    version: '1.26.1',
    status: { update_state: 'Idle', chosen_update: null },
  });
  expect(await answer(account, 'reboot', { ...parameters, CommandId: 'reboot-2' })).toMatchObject({
    decision: 'already-booted',
  });
  await clock.advance(600_000);
  expect(account.events('boot-finished')).toBe(1);
});

it('says too late to a reboot that comes too late by the clock of the host', async () => {
  const account = await withDocuments([{ clockSkewSeconds: 120 }]);
  const { clock, hosts } = account;
  const late = {
    BootId: hosts[0]?.bootId ?? '',
    NotAfter: String(Math.floor(clock.now() / 1000) + 60),
    CommandId: 'reboot-1',
  };
  expect(await answer(account, 'reboot', late)).toMatchObject({ decision: 'too-late' });
  await clock.advance(600_000);
  expect(account.events('reboot-ordered')).toBe(0);
});

it('says too late to an apply that comes too late by the clock of the host', async () => {
  const account = await withDocuments([{ clockSkewSeconds: 120 }]);
  const late = { NotAfter: String(Math.floor(account.clock.now() / 1000) + 60), CommandId: 'apply-1' };
  expect(await answer(account, 'apply', late)).toMatchObject({ exitCode: 10 });
  expect(account.events('apply-started')).toBe(0);
});

it('says what the check of a locked or broken host gave', async () => {
  const account = await withDocuments([{ repository: 'slow' }]);
  expect(await answer(account, 'check')).toMatchObject({ status: null, error: { exitCode: 1 } });
  expect(member(await answer(account, 'check'), 'error', 'stderr')).toContain("got code '423 Locked'");
  expect(member(await answer(account, 'check', { Refresh: 'false' }), 'error', 'stderr')).toContain(
    'Status 423',
  );
});

it('checks 500 hosts at once, ten commands of 50', async () => {
  const account = await withDocuments(Array.from({ length: 500 }, () => ({})));
  const ids = account.hosts.map(({ ec2InstanceId }) => ec2InstanceId);
  const commands: string[] = [];
  for (let from = 0; from < 500; from += 50) {
    commands.push(await order(account, 'check', {}, ids.slice(from, from + 50)));
  }
  await account.clock.advance(12_000);
  const outputs: string[] = [];
  for (const CommandId of commands) {
    const page = await account.call('ListCommandInvocations', { CommandId, Details: true });
    for (let index = 0; index < 50; index++) {
      outputs.push(member(page, 'CommandInvocations', index, 'CommandPlugins', 0, 'Output'));
    }
  }
  expect(outputs.map((output) => member(JSON.parse(output), 'status', 'update_state'))).toEqual(
    ids.map(() => 'Available'),
  );
});
