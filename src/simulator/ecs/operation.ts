import type { z } from 'zod';
import { AwsError, type Caller, type Operation } from '../kernel.js';
import { invalidParameter } from './errors.js';

/** Makes an action of ECS from the shape of its input and what it does. Unknown members are ignored, as AWS does. */
export function ecsOperation<Schema extends z.ZodType>(
  schema: Schema,
  run: (input: z.infer<Schema>, caller: Caller) => object,
): Operation {
  return (input, caller) => {
    const parsed = schema.safeParse(withoutNulls(input), { reportInput: true });
    if (!parsed.success) throw toEcsError(parsed.error.issues[0]);
    return run(parsed.data, caller);
  };
}

/** In AWS's JSON protocols a null member is an absent one. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      member === null ? [] : [[name, withoutNulls(member)]],
    ),
  );
}

function toEcsError(issue: z.core.$ZodIssue | undefined): AwsError {
  if (!issue) return invalidParameter('Invalid input.');
  if (issue.code !== 'invalid_type') return invalidParameter(issue.message);
  if (issue.input !== undefined) return serializationError(issue);
  const name = String(issue.path.at(-1) ?? 'input');
  return invalidParameter(`${emptyNames[name] ?? name} cannot be empty.`);
}

/** What ECS calls a required member that is missing (known: `Container instance cannot be empty.`). */
const emptyNames: Record<string, string> = {
  containerInstances: 'Container instance',
  containerInstance: 'Container instance',
  tasks: 'Tasks',
  task: 'Task',
  services: 'Services',
  service: 'Service',
  cluster: 'Cluster',
  taskDefinition: 'TaskDefinition',
};

const jsonNames: Record<string, string> = {
  string: 'STRING_VALUE',
  number: 'NUMBER_VALUE',
  boolean: 'TRUE_VALUE',
};

/** A member of another JSON type never reaches the service: its deserializer refuses it. */
function serializationError(issue: { expected: string; input?: unknown }): AwsError {
  const { expected, input } = issue;
  if (Array.isArray(input))
    return new AwsError('SerializationException', 'Start of list found where not expected');
  if (typeof input === 'object') {
    return new AwsError('SerializationException', 'Start of structure or map found where not expected.');
  }
  if (expected === 'array' || expected === 'object') {
    return new AwsError(
      'SerializationException',
      `Expected ${expected === 'array' ? 'list' : 'structure'} or null`,
    );
  }
  const target =
    expected === 'int' || expected === 'number' ? 'Integer' : expected === 'boolean' ? 'Boolean' : 'String';
  const source = jsonNames[typeof input] ?? 'value';
  return new AwsError(
    'SerializationException',
    `${source} can not be converted to ${target === 'Integer' ? 'an' : 'a'} ${target}`,
  );
}
