import { cutTasks } from './bounds.js';
import { type FailureMark, type FailureRules, forbiddenBy } from './failures.js';
import { type CheckResult, decideHost, type UpdateState } from './host.js';
import type { Instance, Workload } from './instance.js';
import type { ClusterRef } from './names.js';
import type { Versions } from './outcome.js';
import { isOurs } from './ownership.js';
import { quarantineOf, type Quarantines } from './quarantine.js';
import type { Reason } from './reason.js';
import { compareVersions } from './version.js';

/** What a rollout will do with an instance. */
export type Verdict =
  | { kind: 'update'; from: string; to: string; found: Exclude<UpdateState, 'Idle'> }
  /** The versions stand there where the host would have an update. */
  | ({ kind: 'skip'; reason: Reason } & Partial<Versions>);

const skip = (reason: Reason): Verdict => ({ kind: 'skip', reason });

const firstOf = (reasons: readonly Reason[]): Verdict | null => {
  const [first] = reasons;
  return first ? skip(first) : null;
};

/** Verdict from what ECS shows alone; null: the host has to be asked. */
export const verdictBeforeCheck = (
  instance: Instance,
  installation: string,
  /** Whether two reads agreed that its agent is away. */
  disconnected: boolean,
): Verdict | null => firstOf(reasonsBeforeCheck(instance, installation, disconnected));

/** All that ECS alone shows against an update, the first to be told first. */
export function reasonsBeforeCheck(
  { included, host, status, mark, variant, hold }: Instance,
  installation: string,
  disconnected: boolean,
): Reason[] {
  const isOthers = status === 'DRAINING' && !isOurs(mark, installation);
  const reasons: (Reason | false | null)[] = [
    !included && { code: 'excluded' },
    host === 'external' && { code: 'external' },
    host === 'managed' && { code: 'managed-instance' },
    isOthers && {
      code: 'draining-by-others',
      installation: mark?.installation ?? null,
      since: mark?.since ?? null,
    },
    status !== 'ACTIVE' && !isOthers && { code: 'not-active', status },
    variant === null && { code: 'not-bottlerocket' },
    hold && { code: 'held', ...hold },
    disconnected && { code: 'agent-disconnected' },
  ];
  return reasons.filter((reason) => reason !== false && reason !== null);
}

/** Whether a machine of which EC2 says this is no more; null: EC2 does not know it. */
export const isGhost = (state: string | null): boolean => state === null || state === 'terminated';

/** Verdict of an instance that ECS lists and EC2 has no more. */
export const verdictOfGhost = (
  { arn, region }: ClusterRef,
  containerInstanceArn: string,
  state: string | null,
): Verdict =>
  skip({
    code: 'ghost',
    state,
    remedy: `aws ecs deregister-container-instance --cluster ${arn} --container-instance ${containerInstanceArn} --force --region ${region}`,
  });

/** Verdict from the answer of the host; `update` still depends on what runs there. */
export function verdictOfCheck(check: CheckResult): Verdict {
  switch (check.kind) {
    case 'checked': {
      const decision = decideHost(check.host);
      switch (decision.kind) {
        case 'update':
          return decision;
        case 'up-to-date':
          return skip({ code: 'up-to-date', version: decision.version });
        case 'not-in-wave':
          return skip({ code: 'not-in-wave', version: decision.version, newest: decision.newest });
        case 'check-failed':
          return skip({ code: 'check-failed', seen: decision.seen });
      }
      break;
    }
    case 'not-managed-by-ssm':
      return skip({ code: 'not-managed-by-ssm' });
    case 'ssm-offline':
      return skip({ code: 'ssm-offline', pingStatus: check.pingStatus, lastPing: check.lastPing });
    case 'too-old':
      return skip({ code: 'too-old', version: check.version });
    case 'check-failed':
      return skip({ code: 'check-failed', seen: check.seen });
  }
}

/** What of a workload forbids a drain; null: nothing. */
export const obstacle = (workload: Workload): Reason | null => obstaclesIn(workload)[0] ?? null;

/** All of that. */
export function obstaclesIn(workload: Workload): Reason[] {
  const { standaloneTasks, moreStandalone, protectedTasks, moreProtected, stuckServices } = workload;
  const reasons: (Reason | false)[] = [
    standaloneTasks.length > 0 && { code: 'standalone-task', ...cutTasks(standaloneTasks, moreStandalone) },
    protectedTasks.length > 0 && { code: 'protected-task', ...cutTasks(protectedTasks, moreProtected) },
    stuckServices.length > 0 && { code: 'cannot-drain', services: stuckServices },
  ];
  return reasons.filter((reason) => reason !== false);
}

/** All that failures before have against this version here and now. */
export function reasonsOfMemory(
  version: string,
  mark: FailureMark | null,
  quarantined: Quarantines,
  rules: FailureRules,
  nowMs: number,
): Reason[] {
  const hosts = quarantineOf(quarantined, version);
  const forbidden = forbiddenBy(mark, version, rules, nowMs);
  return [
    ...(hosts === null ? [] : [{ code: 'quarantined-version', version, hosts } as const]),
    ...(forbidden ? [forbidden] : []),
  ];
}

/** Verdict of an instance whose host was asked, heeding what failed there before, and elsewhere. */
export function verdictWithMemory(
  verdict: Verdict,
  mark: FailureMark | null,
  quarantined: Quarantines,
  rules: FailureRules,
  nowMs: number,
): Verdict {
  if (verdict.kind === 'skip') return verdict;
  return forbidFor(verdict, reasonsOfMemory(verdict.to, mark, quarantined, rules, nowMs));
}

/** Final verdict of an instance whose host was asked. */
export function verdictWithWorkload(verdict: Verdict, workload: Workload): Verdict {
  if (verdict.kind === 'skip') return verdict;
  return forbidFor(verdict, obstaclesIn(workload));
}

/** An update that is there, and is not made if there is a reason against it. */
function forbidFor(update: Extract<Verdict, { kind: 'update' }>, [reason]: readonly Reason[]): Verdict {
  return reason ? { kind: 'skip', reason, from: update.from, to: update.to } : update;
}

/** What the order of updates depends on. */
interface Turn {
  ec2InstanceId: string;
  from: string;
  /** Whether an update failed on it before. */
  failedBefore: boolean;
  /** Whether a worker of ours runs on it. */
  isOwnHost: boolean;
}

/** Order in which instances are updated: the workers' own hosts last, before them earlier failures, then oldest version first, then by id. */
export function compareForUpdate(a: Turn, b: Turn): number {
  return (
    Number(a.isOwnHost) - Number(b.isOwnHost) ||
    Number(a.failedBefore) - Number(b.failedBefore) ||
    compareVersions(a.from, b.from) ||
    (a.ec2InstanceId < b.ec2InstanceId ? -1 : 1)
  );
}
