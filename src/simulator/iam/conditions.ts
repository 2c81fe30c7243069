import { likeArn, likeText } from './patterns.js';
import { isKnownKey, multivalued, type AccessRequest } from './request.js';

/** Whether a request meets one condition of a statement. */
export type Condition = (request: AccessRequest) => boolean;

type Test = (value: string) => { test: (text: string) => boolean };

const equals: Test = (value) => ({ test: (text) => text === value });

/** Operators by name. Negated and numeric ones, dates and addresses are left out. */
const operators: Record<string, Test> = {
  StringEquals: equals,
  StringLike: likeText,
  ArnEquals: likeArn,
  ArnLike: likeArn,
};

/** Makes the test of one condition key; returns what is wrong with it where it cannot. */
export function conditionOf(operator: string, key: string, wanted: readonly string[]): Condition | string {
  if (operator === 'Null') return nullCondition(key, wanted);
  const [, set, name = '', ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  const test = Object.hasOwn(operators, name) ? operators[name] : undefined;
  if (!test)
    return `operator ${operator} is none of those that the simulator has (Null; ${Object.keys(operators).join(', ')}, each also with ForAllValues:, ForAnyValue: or IfExists)`;
  if (!isKnownKey(key)) return `condition key ${key} is none that the simulator has`;
  if (multivalued.has(key.toLowerCase()) !== (set !== undefined)) {
    return set === undefined
      ? `condition key ${key} has several values: use ForAllValues:${operator} or ForAnyValue:${operator}`
      : `condition key ${key} has one value: leave out ${set}:`;
  }
  const tests = wanted.map((value) => test(value));
  const isMet = (text: string): boolean => tests.some((one) => one.test(text));
  const whenMissing = ifExists !== undefined || set === 'ForAllValues';
  return ({ context }) => {
    const values = valuesOf(context, key);
    if (values.length === 0) return whenMissing;
    return set === 'ForAllValues' ? values.every(isMet) : values.some(isMet);
  };
}

/** Whether a key is missing (`true`), or there (`false`), whatever its values. */
function nullCondition(key: string, wanted: readonly string[]): Condition | string {
  if (!isKnownKey(key)) return `condition key ${key} is none that the simulator has`;
  if (!wanted.every((value) => value === 'true' || value === 'false'))
    return `Null of ${key} must be 'true' or 'false'`;
  return ({ context }) => {
    const isMissing = valuesOf(context, key).length === 0;
    return wanted.some((value) => value === String(isMissing));
  };
}

function valuesOf(context: AccessRequest['context'], key: string): readonly string[] {
  const found = Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase());
  return found?.[1] ?? [];
}
