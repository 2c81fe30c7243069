import { z } from 'zod';
import type {
  DescribeInstancesResult,
  DescribeInstanceStatusResult,
  Reservation,
  TerminateInstancesResult,
} from '@aws-sdk/client-ec2';
import { AwsError, type Operation } from '../kernel.js';
import { InvalidTokenError, paginate } from '../paging.js';
import { instanceFilters, statusFilters } from './filter-values.js';
import { applyFilters } from './filters.js';
import { describeInput, ec2Operation, idsInput, optionalFlag } from './input.js';
import type { Machine } from './machine.js';
import { stateOf, toInstance, toStatus } from './shapes.js';

/** The instances of the account, by id. */
export type Machines = ReadonlyMap<string, Machine>;

/** The machines that were asked for by id; one bad id fails the call, as in EC2. */
function byIds(machines: Machines, ids: readonly string[]): Machine[] {
  const malformed = ids.filter((id) => !/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id));
  if (malformed.length > 0)
    throw new AwsError('InvalidInstanceID.Malformed', `Invalid id: "${malformed[0]}"`);
  const unknown = ids.filter((id) => !machines.has(id));
  if (unknown.length > 0) {
    const text =
      unknown.length === 1
        ? `The instance ID '${unknown[0]}' does not exist`
        : `The instance IDs '${unknown.join(', ')}' do not exist`;
    throw new AwsError('InvalidInstanceID.NotFound', text);
  }
  return [...new Set(ids)].flatMap((id) => machines.get(id) ?? []);
}

const toReservation = (machine: Machine, accountId: string): Reservation => ({
  ReservationId: `r-${machine.id.slice(2)}`,
  OwnerId: accountId,
  Groups: [],
  Instances: [toInstance(machine)],
});

interface PageRequest {
  InstanceId?: readonly string[] | undefined;
  MaxResults?: number | undefined;
  NextToken?: string | undefined;
}

/** Every action of EC2 that is simulated. `pageSize`: items on a page where the caller does not say. */
export function createEc2Operations(
  machines: Machines,
  accountId: string,
  pageSize = 1000,
): Record<string, Operation> {
  const pageOf = (
    action: string,
    picked: readonly Machine[],
    input: PageRequest,
  ): { items: Machine[]; nextToken?: string } => {
    const { InstanceId, MaxResults, NextToken, ...rest } = input;
    if (MaxResults !== undefined && InstanceId) {
      throw new AwsError(
        'InvalidParameterCombination',
        'The parameter instancesSet cannot be used with the parameter maxResults',
      );
    }
    if (MaxResults !== undefined && MaxResults < 5) {
      throw new AwsError(
        'InvalidParameterValue',
        `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value greater than 5.`,
      );
    }
    const size = InstanceId ? picked.length : Math.min(MaxResults ?? pageSize, 1000);
    try {
      return paginate(picked, ({ id }) => id, {
        query: { action, ...rest },
        pageSize: Math.max(1, size),
        token: NextToken,
      });
    } catch (error) {
      if (error instanceof InvalidTokenError) throw new AwsError('InvalidNextToken', 'The token is invalid.');
      throw error;
    }
  };

  const chosen = (ids: readonly string[] | undefined): Machine[] =>
    ids ? byIds(machines, ids) : [...machines.values()];

  return {
    DescribeInstances: ec2Operation(z.strictObject(describeInput), (input): DescribeInstancesResult => {
      const picked = applyFilters(chosen(input.InstanceId), input.Filter, instanceFilters);
      const page = pageOf('DescribeInstances', picked, input);
      return {
        Reservations: page.items.map((machine) => toReservation(machine, accountId)),
        NextToken: page.nextToken,
      };
    }),

    DescribeInstanceStatus: ec2Operation(
      z.strictObject({ ...describeInput, IncludeAllInstances: optionalFlag }),
      (input): DescribeInstanceStatusResult => {
        if (input.InstanceId && input.InstanceId.length > 100) {
          throw new AwsError('InvalidParameterValue', 'A maximum of 100 instance IDs can be specified.');
        }
        const seen = chosen(input.InstanceId).filter(
          (machine) => input.IncludeAllInstances || machine.host.ec2State === 'running',
        );
        const picked = applyFilters(seen, input.Filter, statusFilters);
        const page = pageOf('DescribeInstanceStatus', picked, input);
        return { InstanceStatuses: page.items.map(toStatus), NextToken: page.nextToken };
      },
    ),

    RebootInstances: ec2Operation(z.strictObject(idsInput), (input, { principal }) => {
      for (const { host } of byIds(machines, input.InstanceId)) host.rebootByEc2(principal);
      return {};
    }),

    TerminateInstances: ec2Operation(
      z.strictObject({ ...idsInput, Force: optionalFlag, SkipOsShutdown: optionalFlag }),
      (input, { principal }): TerminateInstancesResult => {
        if (input.InstanceId.length > 1000) {
          throw new AwsError('InvalidParameterValue', 'A maximum of 1000 instance IDs can be specified.');
        }
        const TerminatingInstances = byIds(machines, input.InstanceId).map((machine) => {
          const PreviousState = stateOf(machine);
          machine.host.terminate(principal);
          return { InstanceId: machine.id, CurrentState: stateOf(machine), PreviousState };
        });
        return { TerminatingInstances };
      },
    ),
  };
}
