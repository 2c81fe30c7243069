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

/** Verdict from what ECS shows alone; null: the host has to be asked. */
export function verdictBeforeCheck(
  instance: Instance,
  installation: string,
  /** Whether two reads agreed that its agent is away. */
  disconnected: boolean,
): Verdict | null {
  if (!instance.included) return skip({ code: 'excluded' });
  if (instance.host === 'external') return skip({ code: 'external' });
  if (instance.host === 'managed') return skip({ code: 'managed-instance' });
  if (instance.status === 'DRAINING' && !isOurs(instance.mark, installation)) {
    return skip({
      code: 'draining-by-others',
      installation: instance.mark?.installation ?? null,
      since: instance.mark?.since ?? null,
    });
  }
  if (instance.status !== 'ACTIVE') return skip({ code: 'not-active', status: instance.status });
  if (instance.variant === null) return skip({ code: 'not-bottlerocket' });
  if (instance.hold) return skip({ code: 'held', ...instance.hold });
  if (disconnected) return skip({ code: 'agent-disconnected' });
  return null;
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
export function obstacle(workload: Workload): Reason | null {
  const { standaloneTasks, moreStandalone, protectedTasks, moreProtected } = workload;
  if (standaloneTasks.length > 0)
    return { code: 'standalone-task', ...cutTasks(standaloneTasks, moreStandalone) };
  if (protectedTasks.length > 0)
    return { code: 'protected-task', ...cutTasks(protectedTasks, moreProtected) };
  if (workload.stuckServices.length > 0) return { code: 'cannot-drain', services: workload.stuckServices };
  return null;
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
  const hosts = quarantineOf(quarantined, verdict.to);
  if (hosts !== null) return forbid(verdict, { code: 'quarantined-version', version: verdict.to, hosts });
  const reason = forbiddenBy(mark, verdict.to, rules, nowMs);
  return reason ? forbid(verdict, reason) : verdict;
}

/** Final verdict of an instance whose host was asked. */
export function verdictWithWorkload(verdict: Verdict, workload: Workload): Verdict {
  if (verdict.kind === 'skip') return verdict;
  const reason = obstacle(workload);
  return reason ? forbid(verdict, reason) : verdict;
}

/** An update that is there, and is not made. */
const forbid = ({ from, to }: Versions, reason: Reason): Verdict => ({ kind: 'skip', reason, from, to });

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
