import { z } from 'zod';
import { AwsError, type Caller, type Operation } from '../kernel.js';

/** The query protocol sends booleans and numbers as text. */
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const number = z
  .string()
  .regex(/^-?\d+$/)
  .transform(Number);

/** Parameters under the names they have on the wire. */
export const describeInput = {
  InstanceId: z.array(z.string()).optional(),
  Filter: z
    .array(z.object({ Name: z.string(), Value: z.array(z.string()).min(1) }))
    .transform((filters) => filters.map(({ Name, Value }) => ({ name: Name, values: Value })))
    .default([]),
  MaxResults: number.optional(),
  NextToken: z.string().optional(),
  IncludeManagedResources: flag.optional(),
  DryRun: flag.default(false),
};

export const idsInput = {
  InstanceId: z.array(z.string(), { error: 'InstanceId' }).min(1),
  DryRun: flag.default(false),
};

export const optionalFlag = flag.default(false);

/** Makes an action of EC2; unknown parameters are refused, as EC2 does. */
export function ec2Operation<Schema extends z.ZodType<{ DryRun: boolean }>>(
  schema: Schema,
  run: (input: z.infer<Schema>, caller: Caller) => object,
): Operation {
  return (input, caller) => {
    const parsed = schema.safeParse(input, { reportInput: true });
    if (!parsed.success) throw toEc2Error(parsed.error.issues[0]);
    if (parsed.data.DryRun) {
      throw new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
    }
    return run(parsed.data, caller);
  };
}

function toEc2Error(issue: z.core.$ZodIssue | undefined): AwsError {
  const name = String(issue?.path[0] ?? '');
  if (issue?.code === 'unrecognized_keys') {
    return new AwsError('UnknownParameter', `The parameter ${issue.keys[0]} is not recognized`);
  }
  if (issue?.code === 'invalid_type' && issue.input === undefined) {
    return new AwsError('MissingParameter', `The request must contain the parameter ${name}`);
  }
  return new AwsError(
    'InvalidParameterValue',
    `Value (${String(issue?.input)}) for parameter ${name} is invalid.`,
  );
}
