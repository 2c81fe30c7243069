import { z } from 'zod';
import { AwsError } from '../kernel.js';
import type { Caller, Operation } from '../kernel.js';

/** Makes an action of SSM from the shape of its input and what it does. Unknown members are ignored, as AWS does. */
export function ssmOperation<Schema extends z.ZodType>(
  schema: Schema,
  run: (input: z.infer<Schema>, caller: Caller) => object,
): Operation {
  return (input, caller) => {
    const parsed = schema.safeParse(withoutNulls(input), { reportInput: true });
    if (!parsed.success) {
      throw refusal(parsed.error.issues);
    }
    return run(parsed.data, caller);
  };
}

/** In AWS's JSON protocols a null member is an absent one. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.filter((item) => item !== null).map(withoutNulls);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      member === null ? [] : [[name, withoutNulls(member)]],
    ),
  );
}

function refusal(issues: readonly z.core.$ZodIssue[]): AwsError {
  const mistyped = issues.find((issue) => issue.code === 'invalid_type' && issue.input !== undefined);
  if (mistyped) {
    return new AwsError('SerializationException', `Unexpected value at '${where(mistyped)}'`);
  }
  const noun = issues.length === 1 ? 'error' : 'errors';
  const details = issues.map(
    (issue) => `Value ${shown(issue.input)} at '${where(issue)}' ${constraint(issue)}`,
  );
  return validationError(`${issues.length} validation ${noun} detected: ${details.join('; ')}`);
}

const where = (issue: z.core.$ZodIssue): string => {
  const [first = '', ...rest] = issue.path.map(String);
  return [first.charAt(0).toLowerCase() + first.slice(1), ...rest].join('.');
};

const shown = (input: unknown): string =>
  input === undefined ? 'null' : `'${typeof input === 'string' ? input : JSON.stringify(input)}'`;

/** The words of AWS's own validators. */
function constraint(issue: z.core.$ZodIssue): string {
  const failed = 'failed to satisfy constraint: Member must';
  const isNumber = 'origin' in issue && (issue.origin === 'number' || issue.origin === 'int');
  const measured = isNumber ? 'value' : 'length';
  if (issue.code === 'invalid_type') {
    return `${failed} not be null`;
  }
  if (issue.code === 'too_big') {
    return `${failed} have ${measured} less than or equal to ${issue.maximum}`;
  }
  if (issue.code === 'too_small') {
    return `${failed} have ${measured} greater than or equal to ${issue.minimum}`;
  }
  if (issue.code === 'invalid_format') {
    return `${failed} satisfy regular expression pattern: ${'pattern' in issue ? issue.pattern : ''}`;
  }
  if (issue.code === 'invalid_value') {
    return `${failed} satisfy enum value set: [${issue.values.map(String).join(', ')}]`;
  }
  return `failed to satisfy constraint: ${issue.message}`;
}

export const validationError = (message: string): AwsError => new AwsError('ValidationException', message);

/** Shapes that several actions share. */
export const shapes = {
  commandId: z.string().length(36),
  instanceId: z.string().regex(/(^i-(\w{8}|\w{17})$)|(^mi-\w{17}$)/),
  documentName: z.string().regex(/^[a-zA-Z0-9_\-.:/]{3,128}$/),
  newDocumentName: z.string().regex(/^[a-zA-Z0-9_\-.]{3,128}$/),
  documentVersion: z.string().regex(/^([$]LATEST|[$]DEFAULT|[1-9][0-9]*)$/),
  nextToken: z.string(),
  pageSize: z.int().min(1).max(50),
};
