import { afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import { loadShell } from '../../../src/simulator/host/shell.js';
import { scriptWith } from './document.js';
import type { Role } from './document.js';
import { real, simulated } from './shells.js';
import type { Machine, MachineSpec, Output } from './shells.js';

beforeAll(() => loadShell());

const bootId = '6f1c2b9e-3f44-4a51-9a0d-0c5d5f6f7a10';
const otherBootId = '00000000-3f44-4a51-9a0d-0c5d5f6f7a10';
const inAnHour = (): string => String(Math.floor(Date.now() / 1000) + 3600);

const files: Record<string, string> = {
  '/proc/sys/kernel/random/boot_id': `${bootId}\n`,
  '/etc/bottlerocket-release':
    'NAME=Bottlerocket\nVERSION="1.26.0 (aws-ecs-2)"\nVERSION_ID=1.26.0\nVARIANT_ID=aws-ecs-2\n',
  '/.bottlerocket/host-containers/current/ssm/registration': '',
};

const without = (path: string): Record<string, string> =>
  Object.fromEntries(Object.entries(files).filter(([key]) => !key.startsWith(path)));

const status = {
  active_partition: {
    image: { arch: 'x86_64', variant: 'aws-ecs-2', version: '1.26.0' },
    next_to_boot: true,
  },
  available_updates: ['1.26.1', '1.26.0'],
  chosen_update: { arch: 'x86_64', variant: 'aws-ecs-2', version: '1.26.1' },
  most_recent_command: {
    cmd_status: 'Success',
    cmd_type: 'refresh',
    exit_status: 0,
    stderr: '',
    timestamp: '2026-07-10T06:42:52.284285751Z',
  },
  staging_partition: null,
  update_state: 'Available',
};

const versions = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `1.${99 - index}.0`);
const log = '06:42:51 \u001B[0m\u001B[34m[INFO] \u001B[0mRefreshing updates...\n';
const printed = (value: unknown): Output => ({
  stdout: `${JSON.stringify(value, null, 2)}\n`,
  stderr: log,
  exitCode: 0,
});
const failing = (message: string, exitCode = 1): Output => ({ stdout: '', stderr: log + message, exitCode });

/** What a case expects; `now` of the JSON is checked apart. */
interface Case {
  name: string;
  role: Role;
  parameters?: Record<string, string>;
  machine?: Partial<MachineSpec>;
  /** Scripts that ran before, each a role with parameters. */
  before?: [Role, Record<string, string>][];
  exitCode: number;
  json: Record<string, unknown>;
  calls: string[];
  /** The interpreter's file system lets a directory be made below a file. */
  isForRealShellsOnly?: boolean;
}

const applyOrder = { CommandId: 'cmd-1', NotAfter: inAnHour() };
const order = { CommandId: 'cmd-1', BootId: bootId, NotAfter: inAnHour() };
const checked = { schema: 1, bootId, version: '1.26.0', status: null, error: null };
const rebooted = { schema: 1, commandId: 'cmd-1', bootId };
const applied = { ...rebooted, version: '1.26.0', status: null };

const cases: Case[] = [
  {
    name: 'an update is available',
    role: 'check',
    exitCode: 0,
    json: { ...checked, status },
    calls: ['update check'],
  },
  {
    name: 'read without a refresh',
    role: 'check',
    parameters: { Refresh: 'false' },
    exitCode: 0,
    json: { ...checked, status },
    calls: ['get /updates/status'],
  },
  {
    name: 'nothing was refreshed since the boot',
    role: 'check',
    parameters: { Refresh: 'false' },
    machine: {
      apiclient: {
        stdout: '',
        stderr: "Failed to get settings: Failed GET request to '/updates/status': Status 404\n",
        exitCode: 1,
      },
    },
    exitCode: 0,
    json: {
      ...checked,
      error: {
        exitCode: 1,
        stderr: "Failed to get settings: Failed GET request to '/updates/status': Status 404 ",
      },
    },
    calls: ['get /updates/status'],
  },
  {
    name: 'the check fails with quotes, backslashes, tabs, colours and other letters',
    role: 'check',
    machine: { apiclient: failing('Failed: "C:\\x"\there\r\n\u001B[31mécole\u001B[0m\n') },
    exitCode: 0,
    json: {
      ...checked,
      error: { exitCode: 1, stderr: "06:42:51 [INFO] Refreshing updates... Failed: 'C:/x' here cole " },
    },
    calls: ['update check'],
  },
  {
    name: 'the error text is long: its end is kept',
    role: 'check',
    machine: { apiclient: failing(`${'x'.repeat(5000)}the end\n`) },
    exitCode: 0,
    json: { ...checked, error: { exitCode: 1, stderr: `${'x'.repeat(292)}the end ` } },
    calls: ['update check'],
  },
  {
    name: 'text that is no JSON',
    role: 'check',
    machine: { apiclient: { stdout: '\u001B[31m{{ thread "main" panicked\n', stderr: '', exitCode: 0 } },
    exitCode: 0,
    json: { ...checked, error: { exitCode: 0, stderr: "{{ thread 'main' panicked " } },
    calls: ['update check'],
  },
  {
    name: 'JSON that was cut off',
    role: 'check',
    machine: { apiclient: { stdout: '{\n  "a": {\n    "b": 1\n  },\n  "up', stderr: '', exitCode: 0 } },
    exitCode: 0,
    json: { ...checked, error: { exitCode: 0, stderr: "{ 'a': { 'b': 1 }, 'up " } },
    calls: ['update check'],
  },
  {
    name: 'nothing at all',
    role: 'check',
    machine: { apiclient: { stdout: '', stderr: '', exitCode: 0 } },
    exitCode: 0,
    json: { ...checked, error: { exitCode: 0, stderr: ' ' } },
    calls: ['update check'],
  },
  {
    name: '90 versions: the newest 20 are kept',
    role: 'check',
    machine: { apiclient: printed({ ...status, available_updates: versions(90) }) },
    exitCode: 0,
    json: { ...checked, status: { ...status, available_updates: versions(20) } },
    calls: ['update check'],
  },
  {
    name: 'a recorded error text of 2 000 characters with escapes: its first 200 are kept',
    role: 'check',
    machine: {
      apiclient: printed({
        ...status,
        available_updates: versions(30),
        most_recent_command: { ...status.most_recent_command, stderr: '"\\\n'.repeat(700) },
      }),
    },
    exitCode: 0,
    json: {
      ...checked,
      status: {
        ...status,
        available_updates: versions(20),
        most_recent_command: { ...status.most_recent_command, stderr: '"\\\n'.repeat(700).slice(0, 200) },
      },
    },
    calls: ['update check'],
  },
  {
    name: 'values that look like members: only blanks change',
    role: 'check',
    machine: {
      apiclient: printed({
        ...status,
        most_recent_command: { ...status.most_recent_command, stderr: '  "a": {\n}\n' },
      }),
    },
    exitCode: 0,
    json: {
      ...checked,
      status: {
        ...status,
        most_recent_command: { ...status.most_recent_command, stderr: ' "a": {\n}\n' },
      },
    },
    calls: ['update check'],
  },
  {
    name: 'another system',
    role: 'check',
    machine: { files: without('/etc/bottlerocket-release'), apiclient: null },
    exitCode: 0,
    json: { ...checked, version: null, error: expect.objectContaining({ exitCode: 127 }) },
    calls: [],
  },
  {
    name: 'a quoted version',
    role: 'check',
    machine: { files: { ...files, '/etc/bottlerocket-release': 'VERSION_ID="1.26.0"\n' } },
    exitCode: 0,
    json: { ...checked, status },
    calls: ['update check'],
  },
  {
    name: 'applied',
    role: 'apply',
    parameters: applyOrder,
    machine: { apiclient: { stdout: '', stderr: log, exitCode: 0 } },
    exitCode: 0,
    json: { ...applied, exitCode: 0, stderr: '06:42:51 [INFO] Refreshing updates... ' },
    calls: ['update apply', 'get /updates/status'],
  },
  {
    name: 'applied, and the status can be read',
    role: 'apply',
    parameters: applyOrder,
    exitCode: 0,
    json: { ...applied, status, exitCode: 0, stderr: expect.any(String) },
    calls: ['update apply', 'get /updates/status'],
  },
  {
    name: 'applied, with a status too long for the list of invocations',
    role: 'apply',
    parameters: applyOrder,
    machine: { apiclient: printed({ ...status, available_updates: versions(200) }) },
    exitCode: 0,
    json: { ...applied, exitCode: 0, stderr: expect.any(String) },
    calls: ['update apply', 'get /updates/status'],
  },
  {
    name: 'the apply fails',
    role: 'apply',
    parameters: applyOrder,
    machine: { apiclient: failing('Status 409 when "x"\n') },
    exitCode: 1,
    json: { ...applied, exitCode: 1, stderr: "06:42:51 [INFO] Refreshing updates... Status 409 when 'x' " },
    calls: ['update apply'],
  },
  {
    name: 'the same apply once more',
    role: 'apply',
    parameters: applyOrder,
    before: [['apply', applyOrder]],
    exitCode: 12,
    json: { ...applied, exitCode: 12, stderr: 'this command already ran on this host ' },
    calls: ['update apply', 'get /updates/status'],
  },
  {
    name: 'the same apply once more, too late: that the first one ran counts',
    role: 'apply',
    parameters: { ...applyOrder, NotAfter: '1000000000' },
    before: [['apply', applyOrder]],
    exitCode: 12,
    json: { ...applied, exitCode: 12, stderr: 'this command already ran on this host ' },
    calls: ['update apply', 'get /updates/status'],
  },
  {
    name: 'an apply whose time has passed leaves no mark',
    role: 'apply',
    parameters: applyOrder,
    before: [['apply', { ...applyOrder, NotAfter: '1000000000' }]],
    machine: { apiclient: { stdout: '', stderr: '', exitCode: 0 } },
    exitCode: 0,
    json: { ...applied, exitCode: 0, stderr: ' ' },
    calls: ['update apply', 'get /updates/status'],
  },
  {
    name: 'an apply whose time has passed',
    role: 'apply',
    parameters: { ...applyOrder, NotAfter: '1000000000' },
    exitCode: 10,
    json: { ...applied, exitCode: 10, stderr: 'this command came too late ' },
    calls: [],
  },
  {
    name: 'another apply',
    role: 'apply',
    parameters: applyOrder,
    before: [['apply', { ...applyOrder, CommandId: 'cmd-2' }]],
    machine: { apiclient: { stdout: '', stderr: '', exitCode: 0 } },
    exitCode: 0,
    json: { ...applied, exitCode: 0, stderr: ' ' },
    calls: ['update apply', 'get /updates/status', 'update apply', 'get /updates/status'],
  },
  {
    name: 'no persistent directory: /run serves',
    role: 'apply',
    parameters: applyOrder,
    before: [['apply', applyOrder]],
    machine: { files: { ...without('/.bottlerocket'), '/run/x': '' } },
    exitCode: 12,
    json: { ...applied, exitCode: 12, stderr: 'this command already ran on this host ' },
    calls: ['update apply', 'get /updates/status'],
  },
  {
    name: 'no mark can be left',
    role: 'apply',
    parameters: applyOrder,
    machine: { files: { ...files, '/.bottlerocket/host-containers/current/ecs-updater': 'a file' } },
    isForRealShellsOnly: true,
    exitCode: 13,
    json: { ...applied, exitCode: 13, stderr: expect.stringContaining('cannot write to ') },
    calls: [],
  },
  {
    name: 'reboot',
    role: 'reboot',
    parameters: order,
    exitCode: 0,
    json: { ...rebooted, decision: 'reboot' },
    calls: ['reboot'],
  },
  {
    name: 'a refused reboot',
    role: 'reboot',
    parameters: order,
    machine: { apiclient: failing('Failed to reboot\n') },
    exitCode: 1,
    json: { ...rebooted, decision: 'reboot' },
    calls: ['reboot'],
  },
  {
    name: 'a reboot whose time has passed',
    role: 'reboot',
    parameters: { ...order, NotAfter: '1000000000' },
    exitCode: 10,
    json: { ...rebooted, decision: 'too-late' },
    calls: [],
  },
  {
    name: 'a reboot of another boot, which counts more than the time',
    role: 'reboot',
    parameters: { ...order, BootId: otherBootId, NotAfter: '1000000000' },
    exitCode: 11,
    json: { ...rebooted, decision: 'already-booted' },
    calls: [],
  },
  {
    name: 'the same reboot once more',
    role: 'reboot',
    parameters: order,
    before: [['reboot', order]],
    exitCode: 12,
    json: { ...rebooted, decision: 'already-ran' },
    calls: ['reboot'],
  },
  {
    name: 'the same reboot once more, too late: that the first one ran counts',
    role: 'reboot',
    parameters: { ...order, NotAfter: '1000000000' },
    before: [['reboot', order]],
    exitCode: 12,
    json: { ...rebooted, decision: 'already-ran' },
    calls: ['reboot'],
  },
  {
    name: 'a reboot that cannot leave its mark',
    role: 'reboot',
    parameters: order,
    machine: { files: { ...files, '/.bottlerocket/host-containers/current/ecs-updater': 'a file' } },
    isForRealShellsOnly: true,
    exitCode: 13,
    json: { ...rebooted, decision: 'unsafe' },
    calls: [],
  },
  {
    name: 'a reboot where the boot id cannot be read',
    role: 'reboot',
    parameters: order,
    machine: { files: without('/proc') },
    exitCode: 13,
    json: { ...rebooted, bootId: '', decision: 'unsafe' },
    calls: [],
  },
];

describe.each([
  ['the simulator', simulated, cases.filter(({ isForRealShellsOnly }) => isForRealShellsOnly !== true)],
  ['/bin/sh', real(['/bin/sh']), cases],
  // The control container's sh is bash.
  ['bash as sh', real(['/bin/bash', '--posix']), cases],
] as const)('in %s', (_, makeMachine, cases) => {
  let machine: Machine | undefined;
  afterEach(() => machine?.dispose());

  test.each(cases)(
    '$role: $name',
    async ({ role, parameters = {}, before = [], exitCode, json, calls, ...rest }) => {
      machine = await makeMachine({ files, apiclient: printed(status), ...rest.machine });
      for (const [earlier, given] of before) {
        await machine.run(await scriptWith(earlier, given));
      }
      const result = await machine.run(await scriptWith(role, parameters));
      const lines = result.stdout.split('\n');
      const { now, ...answer }: Record<string, unknown> = JSON.parse(lines[0] ?? '');
      expect(answer).toEqual(json);
      expect(now ?? Date.now() / 1000).toSatisfy((at: number) => Math.abs(at - Date.now() / 1000) < 10);
      expect(result.exitCode).toBe(exitCode);
      expect(await machine.calls()).toEqual(calls);
      expect(result.stdout.length).toBeLessThan(2400);
      expect(role === 'check' ? result.stderr : '').toBe('');
    },
  );

  it('keeps the marks of the last hundred orders', async () => {
    machine = await makeMachine({ files, apiclient: { stdout: '', stderr: '', exitCode: 0 } });
    const marks = '"${ECS_UPDATER_ROOT:-}/.bottlerocket/host-containers/current/ecs-updater"';
    await machine.run(`mkdir -p ${marks}; i=0; while [ $i -lt 120 ]; do mkdir ${marks}/$i; i=$((i+1)); done`);
    expect(
      (await machine.run(await scriptWith('apply', { ...applyOrder, CommandId: 'newest' }))).exitCode,
    ).toBe(0);
    const { stdout } = await machine.run(`ls ${marks} | wc -l`);
    expect(Number(stdout)).toBeLessThanOrEqual(101);
    expect(
      (await machine.run(await scriptWith('apply', { ...applyOrder, CommandId: 'newest' }))).exitCode,
    ).toBe(12);
  });
});
