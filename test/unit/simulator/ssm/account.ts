import { createManualClock } from '../../../../src/simulator/clock.js';
import type { ManualClock } from '../../../../src/simulator/clock.js';
import { Host } from '../../../../src/simulator/host/host.js';
import { hostSpecSchema } from '../../../../src/simulator/host/spec.js';
import type { HostSpecInput } from '../../../../src/simulator/host/spec.js';
import { createJournal } from '../../../../src/simulator/journal.js';
import type { AwsError } from '../../../../src/simulator/kernel.js';
import { createRandom } from '../../../../src/simulator/random.js';
import { createSsmOperations } from '../../../../src/simulator/ssm/service.js';
import { defaultSsmTimings, type SsmTimings } from '../../../../src/simulator/ssm/timings.js';

type Answer = Record<string, unknown>;

/** Systems Manager with some hosts, on a clock that the test moves. */
export interface TestAccount {
  clock: ManualClock;
  hosts: Host[];
  call: (action: string, input?: Answer) => Promise<Answer>;
  /** Code of the error that an action refuses with. */
  refusal: (action: string, input?: Answer) => Promise<string>;
  /** Sends `AWS-RunShellScript` and gives the id of the command. */
  send: (script: string, instanceIds: string[], more?: Answer) => Promise<string>;
  /** GetCommandInvocation. */
  invocation: (commandId: string, instanceId: string) => Promise<Answer>;
  /** Moves the clock until a command is over on an instance. */
  result: (commandId: string, instanceId: string) => Promise<Answer>;
  events: (name: string) => number;
}

/** Ids of the instances of a test account: `i-00000000000000000`, … */
export const instanceId = (index: number): string => `i-${String(index).padStart(17, '0')}`;

const caller = {
  accessKeyId: 'AKIAUS',
  principal: 'AKIATEST',
  region: 'eu-central-1',
  accountId: '123456789012',
};

export function makeAccount(
  specs: Partial<HostSpecInput>[] = [{}],
  { seed = 1, timings = {} }: { seed?: number; timings?: Partial<SsmTimings> } = {},
): TestAccount {
  const clock = createManualClock();
  const journal = createJournal(clock);
  const random = createRandom(seed);
  const hosts = specs.map(
    (spec, index) =>
      new Host(hostSpecSchema.parse({ ec2InstanceId: instanceId(index), offered: '1.26.1', ...spec }), {
        clock,
        journal,
        random,
      }),
  );
  const operations = createSsmOperations({
    ...caller,
    clock,
    journal,
    random,
    timings: { ...defaultSsmTimings, ...timings },
    hosts: { get: (id) => hosts.find((host) => host.ec2InstanceId === id), all: () => hosts },
  });
  const call: TestAccount['call'] = async (action, input = {}) => ({
    ...(await operations[action]?.(input, caller)),
  });
  const invocation: TestAccount['invocation'] = (CommandId, InstanceId) =>
    call('GetCommandInvocation', { CommandId, InstanceId });
  return {
    clock,
    hosts,
    call,
    invocation,
    refusal: async (action, input) => {
      const error: unknown = await call(action, input).catch((reason: unknown) => reason);
      return isAwsError(error) ? error.code : `answered ${JSON.stringify(error)}`;
    },
    send: async (script, InstanceIds, more = {}) => {
      const answer = await call('SendCommand', {
        DocumentName: 'AWS-RunShellScript',
        Parameters: { commands: [script] },
        InstanceIds,
        ...more,
      });
      return member(answer, 'Command', 'CommandId');
    },
    result: async (commandId, id) => {
      for (;;) {
        await clock.advance(500);
        const answer = await invocation(commandId, id).catch((): Answer => ({ Status: 'Pending' }));
        if (!['Pending', 'InProgress', 'Cancelling'].includes(String(answer['Status']))) {
          return answer;
        }
      }
    },
    events: (name) =>
      journal.entries.filter((entry) => entry.kind === 'event' && entry.event === name).length,
  };
}

/** A text inside an answer. */
export function member(answer: unknown, ...path: (string | number)[]): string {
  let value = answer;
  for (const key of path) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  }
  return String(value);
}

const isAwsError = (error: unknown): error is AwsError => error instanceof Error && 'code' in error;
