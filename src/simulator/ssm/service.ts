import { loadShell } from '../host/shell.js';
import type { Clock, Journal, Operation, Random } from '../kernel.js';
import { Dispatcher } from './commands/dispatcher.js';
import { cancelCommand, readOperations } from './commands/read-commands.js';
import { sendCommand } from './commands/send-command.js';
import type { Hosts, SsmContext } from './context.js';
import { documentOperations } from './documents/operations.js';
import { DocumentStore } from './documents/store.js';
import { Mishaps } from './mishaps.js';
import { describeInstanceInformation } from './nodes.js';
import { defaultSsmTimings } from './timings.js';
import type { SsmTimings } from './timings.js';

/** What the service is built with. */
export interface SsmServiceContext {
  clock: Clock;
  random: Random;
  journal: Journal;
  hosts: Hosts;
  accountId: string;
  region: string;
  /** Default: {@link defaultSsmTimings}. Read anew for each thing that takes time. */
  timings?: SsmTimings;
  /** What will go wrong with commands; default: nothing. */
  mishaps?: Mishaps;
  /** Items on a page where the caller does not say; 50 by default, but 10 for instances. */
  pageSize?: number;
  /** EC2 tags of an instance; none by default. */
  tagsOf?: (ec2InstanceId: string) => Record<string, string>;
}

/** Systems Manager of one account and region: Run Command, its documents and its managed nodes. */
export function createSsmOperations(input: SsmServiceContext): Record<string, Operation> {
  // Scripts will be run: the first one shall not wait for the interpreter in simulated time.
  void loadShell();
  const context: SsmContext = {
    ...input,
    timings: input.timings ?? defaultSsmTimings,
    mishaps: input.mishaps ?? new Mishaps(),
    tagsOf: input.tagsOf ?? (() => ({})),
  };
  const documents = new DocumentStore(context);
  const dispatcher = new Dispatcher(context);
  return {
    ...documentOperations(documents),
    SendCommand: sendCommand(context, documents, dispatcher),
    ...readOperations(context, dispatcher),
    CancelCommand: cancelCommand(dispatcher),
    DescribeInstanceInformation: describeInstanceInformation(context),
  };
}
