import { describe, expect, it, test } from 'vitest';
import { UpdateMachine } from '../../../../src/simulator/host/update-machine.js';
import type {
  UpdateAction,
  UpdateImage,
  UpdateState,
} from '../../../../src/simulator/host/update-machine.js';

const image = (version: string): UpdateImage => ({ arch: 'x86_64', version, variant: 'aws-ecs-2' });
const done = { exitStatus: 0, stderr: '', timestamp: '2026-07-10T06:00:00.000000001Z' };
const failed = { ...done, exitStatus: 1, stderr: 'no' };
const offered = { available: ['1.26.1', '1.26.0'], chosen: image('1.26.1') };

function machineIn(state: UpdateState): UpdateMachine {
  const machine = new UpdateMachine(() => ({ image: image('1.26.0'), next_to_boot: true }));
  const path: Record<UpdateState, UpdateAction[]> = {
    Idle: [],
    Available: ['refresh'],
    Staged: ['refresh', 'prepare'],
    Ready: ['refresh', 'prepare', 'activate'],
  };
  for (const action of path[state]) {
    machine.begin(action);
    machine.finish(action === 'refresh' ? { ...done, listing: offered } : done);
  }
  return machine;
}

test.each<[UpdateAction, UpdateState, UpdateState | 'refused']>([
  ['refresh', 'Idle', 'Available'],
  ['refresh', 'Available', 'Available'],
  ['refresh', 'Staged', 'Staged'],
  ['refresh', 'Ready', 'Ready'],
  ['prepare', 'Idle', 'refused'],
  ['prepare', 'Available', 'Staged'],
  ['prepare', 'Staged', 'Staged'],
  ['prepare', 'Ready', 'refused'],
  ['activate', 'Idle', 'refused'],
  ['activate', 'Available', 'refused'],
  ['activate', 'Staged', 'Ready'],
  ['activate', 'Ready', 'refused'],
  ['deactivate', 'Idle', 'refused'],
  ['deactivate', 'Available', 'refused'],
  ['deactivate', 'Staged', 'refused'],
  ['deactivate', 'Ready', 'Staged'],
])('%s in %s → %s', (action, from, to) => {
  const machine = machineIn(from);
  const refusal = machine.begin(action);
  machine.finish(action === 'refresh' ? { ...done, listing: offered } : done);
  expect(refusal).toBe(to === 'refused' ? 'not-allowed' : null);
  expect(machine.state).toBe(to === 'refused' ? from : to);
});

test.each<[UpdateAction, UpdateState, UpdateState]>([
  ['refresh', 'Available', 'Idle'],
  ['refresh', 'Staged', 'Staged'],
  ['refresh', 'Ready', 'Ready'],
  ['prepare', 'Available', 'Available'],
  ['activate', 'Staged', 'Staged'],
  ['deactivate', 'Ready', 'Ready'],
])('a failed %s in %s → %s', (action, from, to) => {
  const machine = machineIn(from);
  machine.begin(action);
  machine.finish(failed);
  expect(machine.state).toBe(to);
  expect(machine.read()).toMatchObject({
    most_recent_command: { cmd_type: action, cmd_status: 'Failed', exit_status: 1, stderr: 'no' },
  });
});

describe('the status file', () => {
  it('is not there before the first action since the boot', () => {
    const machine = machineIn('Idle');
    expect(machine.read()).toBe('uninitialized');
    machine.begin('prepare');
    expect(machine.read()).toMatchObject({ update_state: 'Idle', most_recent_command: null });
  });

  it('cannot be read, and no other action begun, while one runs', () => {
    const machine = machineIn('Available');
    machine.begin('prepare');
    expect(machine.read()).toBe('locked');
    expect(machine.begin('refresh')).toBe('lock-held');
  });

  it('is gone after a boot', () => {
    const machine = machineIn('Ready');
    machine.resetByBoot();
    expect(machine.read()).toBe('uninitialized');
    expect(machine.state).toBe('Idle');
  });

  it('keeps what was chosen when a later refresh fails, as the source does', () => {
    const machine = machineIn('Available');
    machine.begin('refresh');
    machine.finish(failed);
    expect(machine.read()).toMatchObject({ update_state: 'Idle', chosen_update: image('1.26.1') });
  });

  it('shows in Ready what boots next', () => {
    expect(machineIn('Ready').read()).toMatchObject({
      active_partition: { next_to_boot: false },
      staging_partition: { image: image('1.26.1'), next_to_boot: true },
    });
  });
});

it('needs a chosen update to prepare from Staged', () => {
  const machine = machineIn('Staged');
  machine.begin('refresh');
  machine.finish({ ...done, listing: { available: ['1.26.0'], chosen: null } });
  expect(machine.begin('prepare')).toBe('no-chosen-update');
});
