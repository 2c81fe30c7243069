import { commandStatus, isOver } from './command.js';
import type { Command, Invocation, StepResult } from './command.js';
import { keptStderr, keptStdout, pluginOutput } from './output.js';

const noLogs = { CloudWatchLogGroupName: '', CloudWatchOutputEnabled: false };
const noNotification = { NotificationArn: '', NotificationEvents: [], NotificationType: '' };

/** `Command` of the service model. */
export function commandShape(command: Command): object {
  const { status, details } = commandStatus(command);
  const count = (isCounted: (invocation: Invocation) => boolean): number =>
    command.invocations.filter(isCounted).length;
  return {
    CommandId: command.id,
    DocumentName: command.documentName,
    DocumentVersion: command.documentVersion,
    Comment: command.comment,
    ExpiresAfter: command.expiresAfter,
    Parameters: command.parameters,
    InstanceIds: command.instanceIds,
    Targets: command.targets,
    RequestedDateTime: command.requestedAt,
    Status: status,
    StatusDetails: details,
    OutputS3Region: '',
    OutputS3BucketName: '',
    OutputS3KeyPrefix: '',
    MaxConcurrency: command.maxConcurrency,
    MaxErrors: command.maxErrors,
    TargetCount: command.invocations.length,
    CompletedCount: count(isOver),
    ErrorCount: count(({ status: each }) => each === 'Failed' || each === 'TimedOut'),
    DeliveryTimedOutCount: count(({ statusDetails }) => statusDetails === 'DeliveryTimedOut'),
    ServiceRole: '',
    NotificationConfig: noNotification,
    CloudWatchOutputConfig: noLogs,
    TimeoutSeconds: command.timeoutSeconds,
  };
}

/** `CommandInvocation` of the service model; its plugins only with `details`. */
export function invocationShape(invocation: Invocation, details: boolean): object {
  const { command, instanceId, status, statusDetails, steps } = invocation;
  return {
    CommandId: command.id,
    InstanceId: instanceId,
    InstanceName: '',
    Comment: command.comment,
    DocumentName: command.documentName,
    DocumentVersion: command.documentVersion,
    RequestedDateTime: command.requestedAt,
    Status: status,
    StatusDetails: statusDetails,
    StandardOutputUrl: '',
    StandardErrorUrl: '',
    CommandPlugins: details && status !== 'Pending' ? steps.map((step) => pluginShape(step, invocation)) : [],
    ServiceRole: '',
    NotificationConfig: noNotification,
    CloudWatchOutputConfig: noLogs,
  };
}

function pluginShape(step: StepResult, invocation: Invocation): object {
  const status = stepStatus(step, invocation);
  return {
    Name: step.name,
    Status: status,
    StatusDetails: step.status === 'Pending' && isOver(invocation) ? invocation.statusDetails : status,
    ResponseCode: step.responseCode,
    ...(step.startedAt && { ResponseStartDateTime: step.startedAt }),
    ...(step.finishedAt && { ResponseFinishDateTime: step.finishedAt }),
    Output: pluginOutput(step.stdout, step.stderr),
    StandardOutputUrl: '',
    StandardErrorUrl: '',
    OutputS3Region: '',
    OutputS3BucketName: '',
    OutputS3KeyPrefix: '',
  };
}

/** A step that was never reported has the fate of its invocation. */
function stepStatus(step: StepResult, { status }: Invocation): string {
  if (step.status !== 'Pending') {
    return step.status;
  }
  return status === 'Cancelling' ? 'InProgress' : status;
}

/** GetCommandInvocation's answer for one step. */
export function resultShape(invocation: Invocation, step: StepResult): object {
  const { command, instanceId, status, statusDetails } = invocation;
  return {
    CommandId: command.id,
    InstanceId: instanceId,
    Comment: command.comment,
    DocumentName: command.documentName,
    DocumentVersion: command.documentVersion,
    PluginName: step.name,
    ResponseCode: step.responseCode,
    ExecutionStartDateTime: step.startedAt?.toISOString() ?? '',
    ExecutionElapsedTime: elapsed(step),
    ExecutionEndDateTime: step.finishedAt?.toISOString() ?? '',
    Status: status,
    StatusDetails: statusDetails,
    StandardOutputContent: keptStdout(step.stdout),
    StandardOutputUrl: '',
    StandardErrorContent: keptStderr(step.stderr),
    StandardErrorUrl: '',
    CloudWatchOutputConfig: noLogs,
  };
}

/** ISO 8601 duration, e.g. `PT1.234S`. */
function elapsed({ startedAt, finishedAt }: StepResult): string {
  return startedAt && finishedAt ? `PT${(finishedAt.getTime() - startedAt.getTime()) / 1000}S` : '';
}
