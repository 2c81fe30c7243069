import type { Reason } from './reason.js';

/** An instance of a cluster, as commands name them. */
export interface Place {
  cluster: string;
  ec2InstanceId: string;
}

/** What is to be done with a host that is held out of service. */
export const howToClear =
  'Once it is repaired, clear it (ecs-updater clear --instance): the next rollout gives it back.';

/**
 * What becomes of a reason by itself, or what is to be done about it; empty where the fact says all. With a place its commands can be copied as
 * they are.
 */
export function remedyOf(reason: Reason, place?: Place): string {
  const command = (name: string, option = place && `--instance ${place.ec2InstanceId}`): string =>
    ['ecs-updater', name, place && `--cluster ${place.cluster}`, option].filter(Boolean).join(' ');
  switch (reason.code) {
    case 'not-in-wave':
      return 'It will be offered later.';
    case 'standalone-task':
      return 'It is updated once they have ended.';
    case 'protected-task':
      return 'It is updated once the protection has ended.';
    case 'agent-disconnected':
      return 'Check the host, or deregister it if it is gone.';
    case 'ghost':
      return `Remove it: ${reason.remedy}`;
    case 'ssm-offline':
      return 'Check the control container and its network.';
    case 'not-managed-by-ssm':
      return 'Enable the control container and give the instance role AmazonSSMManagedInstanceCore.';
    case 'too-old':
      return 'Replace the instance.';
    case 'draining-by-others':
      return reason.installation ? '' : 'Set it ACTIVE to have it updated.';
    case 'cannot-drain':
      return 'Change one of them.';
    case 'no-capacity':
      return 'Bring them back, or raise maxUnavailable.';
    case 'held':
      if (!reason.drained) return `Release it with: ${command('unhold')}.`;
      return place
        ? `Once it is repaired, clear it (${command('clear')}): the next rollout gives it back.`
        : howToClear;
    case 'backing-off':
      return `It is tried again after ${reason.until}, or once cleared: ${command('clear')}.`;
    case 'gave-up':
      return `${reason.tries === null ? 'Clear it with' : 'Look at the host, then'}: ${command('clear')}.`;
    case 'quarantined-version':
      return `Once it is known to boot: ${command('clear', `--quarantine ${reason.version}`)}.`;
    case 'left-behind':
      return 'The next rollout gives it back, unless one is at it now.';
    case 'deployment-in-progress':
      return 'It is tried again in the next rollout.';
    // Nothing is to be done, or the fact says it.
    case 'up-to-date':
    case 'skipped-by-operator':
    case 'not-bottlerocket':
    case 'external':
    case 'managed-instance':
    case 'not-active':
    case 'check-failed':
    case 'excluded':
    case 'handled-by-another-run':
    case 'drain-limit':
    case 'taken-over':
    case 'update-withdrawn':
    case 'apply-failed':
    case 'update-limit':
    case 'reboot-refused':
    case 'reboot-limit':
    case 'booted-old-version':
    case 'wrong-version':
    case 'verify-limit':
    case 'settle-limit':
    case 'terminated':
    case 'cancelled':
    case 'restored':
    case 'aws-error':
    case 'workflow-ended':
    case 'rollout-stopped':
      return '';
  }
}
