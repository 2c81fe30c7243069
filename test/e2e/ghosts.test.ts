import { describe } from 'vitest';
import { drainedAttribute } from '../../src/model/names.js';
import { behind, hosts } from '../support/fleet.js';
import { principals } from '../support/installation.js';
import { test } from '../support/rollouts.js';

describe('instances that EC2 has ended and ECS still lists', () => {
  test('are reported with the command that removes them, and keep no other from its update', async ({
    startFleet,
    expect,
  }) => {
    const fleet = await startFleet({
      instances: [
        ...hosts('a'),
        { name: 'terminated', host: behind, ghost: 'terminated' },
        { name: 'unknown', host: behind, ghost: 'unknown' },
      ],
    });
    const report = await fleet.rollOut();
    expect(fleet.outcomes(report)).toEqual({
      a: 'updated',
      terminated: 'skipped: ghost',
      unknown: 'skipped: ghost',
    });
    const { containerInstanceArn } = fleet.state('unknown');
    expect((await fleet.ecsUpdater('status')).stdout).toContain(
      `EC2 does not know it any more, but ECS still lists it. Remove it: aws ecs deregister-container-instance --cluster ${fleet.arn} --container-instance ${containerInstanceArn} --force --region ${await fleet.aws.ecs.config.region()}`,
    );
    expect(fleet.requests(principals.worker, 'DeregisterContainerInstance')).toEqual([]);
    expect(fleet.state('terminated').attributes).not.toHaveProperty([drainedAttribute]);
  });
});
