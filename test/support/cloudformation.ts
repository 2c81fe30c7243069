import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { z } from 'zod';

const properties = z.record(z.string(), z.unknown());

const parameter = z.strictObject({
  Type: z.string(),
  Description: z.string(),
  Default: z.union([z.string(), z.number()]).optional(),
  AllowedPattern: z.string().optional(),
  AllowedValues: z.array(z.union([z.string(), z.number()])).optional(),
  ConstraintDescription: z.string().optional(),
  MinValue: z.number().optional(),
  MaxValue: z.number().optional(),
});

const template = z.strictObject({
  AWSTemplateFormatVersion: z.literal('2010-09-09'),
  Description: z.string(),
  Metadata: z.strictObject({
    'AWS::CloudFormation::Interface': z.strictObject({
      ParameterGroups: z.array(
        z.strictObject({ Label: z.strictObject({ default: z.string() }), Parameters: z.array(z.string()) }),
      ),
    }),
  }),
  Parameters: z.record(z.string(), parameter),
  Rules: z
    .record(
      z.string(),
      z.strictObject({
        RuleCondition: z.unknown().optional(),
        Assertions: z.array(z.strictObject({ Assert: z.unknown(), AssertDescription: z.string() })),
      }),
    )
    .default({}),
  Conditions: z.record(z.string(), z.unknown()),
  Resources: z.record(
    z.string(),
    z.strictObject({
      Type: z.string(),
      Condition: z.string().optional(),
      DependsOn: z.string().optional(),
      DeletionPolicy: z.string().optional(),
      UpdateReplacePolicy: z.string().optional(),
      Properties: properties,
    }),
  ),
  Outputs: z.record(z.string(), z.strictObject({ Description: z.string(), Value: z.unknown() })),
});

/** A template of CloudFormation, its short forms as objects: `!Ref x` is `{ Ref: 'x' }`. */
export type Template = z.infer<typeof template>;

/** Reads a template; a member that it does not know is an error. */
export function readTemplate(text: string): Template {
  const document = parseDocument(text, { logLevel: 'silent' });
  if (document.errors.length > 0) throw document.errors[0];
  return template.parse(withLongForms(document.contents));
}

function withLongForms(node: unknown): unknown {
  const value = isMap(node)
    ? Object.fromEntries(node.items.map(({ key, value }) => [String(key), withLongForms(value)]))
    : isSeq(node)
      ? node.items.map(withLongForms)
      : isScalar(node)
        ? node.value
        : node;
  const tag = isMap(node) || isSeq(node) || isScalar(node) ? node.tag : undefined;
  if (tag === undefined || !/^![A-Z]/.test(tag)) return value;
  const name = tag.slice(1);
  if (name === 'Ref' || name === 'Condition') return { [name]: value };
  return { [`Fn::${name}`]: name === 'GetAtt' ? String(value).split('.') : value };
}

/** Everything in a template that is a call of a function of CloudFormation: its name and its argument. */
export function callsIn(value: unknown): [name: string, argument: unknown][] {
  if (Array.isArray(value)) return value.flatMap(callsIn);
  if (!isObject(value)) return [];
  const inner = Object.values(value).flatMap(callsIn);
  const call = callOf(value);
  return call ? [call, ...inner] : inner;
}

/** Names that a text of `Fn::Sub` has placeholders for; those that its second argument gives are left out. */
export function placeholders(argument: unknown): string[] {
  const [text, own] = Array.isArray(argument) ? argument : [argument, {}];
  return [...String(text).matchAll(/\$\{([^!}]+)\}/g)]
    .map(([, name = '']) => name)
    .filter((name) => !(name in Object(own)));
}

/** Where a stack is. */
export interface Place {
  partition: string;
  region: string;
  urlSuffix: string;
}

/** A stack of a template, with everything in it that needs no AWS resolved. */
export interface Stack {
  /** Resources that it has, with their properties. */
  resources: Record<string, { type: string; properties: Record<string, unknown> }>;
  outputs: Record<string, unknown>;
}

/** What CloudFormation refuses before it makes anything. */
export class Refused extends Error {}

/**
 * Makes a stack as CloudFormation would, of the functions that our templates use. `Ref` of a resource becomes `<name>`, an attribute
 * `<name.attribute>`. `vpcOf` says in which VPC a subnet is. Throws {@link Refused} with the words of a parameter or a rule.
 */
export function makeStack(
  template: Template,
  given: Record<string, string>,
  place: Place,
  vpcOf: (subnet: string) => string = () => 'vpc-1',
): Stack {
  const parameters = parametersOf(template, given);
  const pseudo: Record<string, unknown> = {
    'AWS::Partition': place.partition,
    'AWS::Region': place.region,
    'AWS::URLSuffix': place.urlSuffix,
    'AWS::AccountId': '123456789012',
    'AWS::StackName': 'ecs-updater',
    'AWS::NoValue': undefined,
  };
  const ref = (name: string): unknown => {
    if (name in parameters) return parameters[name];
    if (name in pseudo) return pseudo[name];
    if (!holds(template.Resources[name]?.Condition)) throw new Error(`there is no ${name} in this stack`);
    return `<${name}>`;
  };
  const holds = (condition: string | undefined): boolean =>
    condition === undefined || resolve(template.Conditions[condition]) === true;

  const functions: Record<string, (argument: unknown) => unknown> = {
    Ref: (name) => ref(String(name)),
    Condition: (name) => holds(String(name)),
    'Fn::GetAtt': (path) => {
      const [name = '', attribute] = texts(path);
      ref(name);
      return `<${name}.${attribute}>`;
    },
    'Fn::Sub': (argument) => {
      const [text, own = {}] = Array.isArray(argument) ? argument : [argument];
      const values = Object(resolve(own));
      return String(text).replaceAll(/\$\{([^!}]+)\}/g, (_, name: string) =>
        String(name in values ? values[name] : ref(name)),
      );
    },
    'Fn::If': (argument) => {
      const [condition, yes, no] = list(argument);
      return resolve(holds(String(condition)) ? yes : no);
    },
    'Fn::Join': (argument) => {
      const [separator, parts] = list(resolve(argument));
      return texts(parts).join(String(separator));
    },
    'Fn::Split': (argument) => {
      const [separator, text] = texts(resolve(argument));
      return text?.split(separator ?? '');
    },
    'Fn::Select': (argument) => {
      const [index, parts] = list(resolve(argument));
      return list(parts)[Number(index)];
    },
    'Fn::Equals': (argument) => {
      const [one, other] = list(resolve(argument));
      return String(one) === String(other);
    },
    'Fn::Not': (argument) => list(resolve(argument))[0] !== true,
    'Fn::And': (argument) => list(resolve(argument)).every((one) => one === true),
    'Fn::Or': (argument) => list(resolve(argument)).some((one) => one === true),
    'Fn::Contains': (argument) => {
      const [all, one] = list(resolve(argument));
      return list(all).includes(one);
    },
    'Fn::EachMemberEquals': (argument) => {
      const [all, one] = list(resolve(argument));
      return list(all).every((each) => each === one);
    },
    'Fn::ValueOf': (argument) => texts(parameters[String(list(argument)[0])]).map(vpcOf),
  };

  function resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(resolve).filter((one) => one !== undefined);
    if (!isObject(value)) return value;
    const call = callOf(value);
    if (call) {
      const evaluate = functions[call[0]];
      if (!evaluate) throw new Error(`${call[0]} is not known here`);
      return evaluate(call[1]);
    }
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, member]) => [key, resolve(member)])
        .filter(([, member]) => member !== undefined),
    );
  }

  for (const { RuleCondition: when = null, Assertions } of Object.values(template.Rules)) {
    if (when !== null && resolve(when) !== true) continue;
    for (const { Assert, AssertDescription } of Assertions) {
      if (resolve(Assert) !== true) throw new Refused(AssertDescription);
    }
  }
  return {
    resources: Object.fromEntries(
      Object.entries(template.Resources)
        .filter(([, { Condition }]) => holds(Condition))
        .map(([name, { Type, Properties }]) => [
          name,
          { type: Type, properties: properties.parse(resolve(Properties)) },
        ]),
    ),
    outputs: Object.fromEntries(
      Object.entries(template.Outputs).map(([name, { Value }]) => [name, resolve(Value)]),
    ),
  };
}

function parametersOf({ Parameters }: Template, given: Record<string, string>): Record<string, unknown> {
  const unknown = Object.keys(given).filter((name) => !(name in Parameters));
  if (unknown.length > 0)
    throw new Refused(`Parameters: [${unknown.join(', ')}] do not exist in the template`);
  return Object.fromEntries(
    Object.entries(Parameters).map(([name, { Type, Default, ...limits }]) => {
      const text = given[name] ?? Default;
      if (text === undefined) throw new Refused(`Parameters: [${name}] must have values`);
      const values = isList(Type) ? String(text).split(',') : [String(text)];
      for (const value of values) {
        if (!fits(value, limits)) {
          throw new Refused(`Parameter ${name} ${limits.ConstraintDescription ?? 'is not allowed'}`);
        }
      }
      return [name, isList(Type) ? values : text];
    }),
  );
}

function fits(
  value: string,
  { AllowedPattern, AllowedValues, MinValue, MaxValue }: Partial<z.infer<typeof parameter>>,
): boolean {
  if (AllowedPattern !== undefined && !new RegExp(`^(?:${AllowedPattern})$`).test(value)) return false;
  if (AllowedValues !== undefined && !AllowedValues.map(String).includes(value)) return false;
  if (MinValue !== undefined && Number(value) < MinValue) return false;
  return MaxValue === undefined || Number(value) <= MaxValue;
}

const isList = (type: string): boolean => type === 'CommaDelimitedList' || type.startsWith('List<');

function callOf(value: Record<string, unknown>): [name: string, argument: unknown] | null {
  const [entry, ...others] = Object.entries(value);
  if (entry === undefined || others.length > 0) return null;
  const [name, argument] = entry;
  const isCall =
    name === 'Ref' || name.startsWith('Fn::') || (name === 'Condition' && typeof argument === 'string');
  return isCall ? [name, argument] : null;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
const texts = (value: unknown): string[] => list(value).map(String);
