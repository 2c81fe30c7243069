import { z } from 'zod';
import { clusterNamePattern } from '../model/names.js';
import { type NotificationTarget, notificationEvents } from '../model/notifications.js';
import { described, duration, text } from './fields.js';
import { closest } from './closest.js';

const noCluster = `is neither the name of an ECS cluster nor its ARN`;

/** Region, account and name. */
const clusterArn = /^arn:aws[a-z-]*:ecs:([a-z0-9-]+):(\d{12}):cluster\/([A-Za-z0-9_-]{1,255})$/;

/** What the ARN of a cluster says; null: it is none. */
export function readClusterArn(text: string): { region: string; account: string; name: string } | null {
  const [, region, account, name] = clusterArn.exec(text) ?? [];
  return region && account && name ? { region, account, name } : null;
}

/** An ECS cluster, by name or ARN. */
export const cluster = described(
  text(noCluster).refine(
    (text) => /^[A-Za-z0-9_-]{1,255}$/.test(text) || readClusterArn(text) !== null,
    noCluster,
  ),
  'the ECS cluster: its name, or its ARN',
  { form: 'name|arn' },
);

const noName = `is no name of letters, digits, '.', '_' and '-', at most 128 long`;

/** The name of a thing of ours: it stands in ids of workflows. */
const name = text(noName).regex(clusterNamePattern, noName);

/** Name of a cluster in this installation. */
export const clusterName = described(
  name,
  'its name in this installation: Schedule, workflows and commands are called after it',
  { form: 'name', default: "the ECS cluster's own" },
);

/** Name of the file itself. */
export const fileName = described(
  name,
  'name of this file: `apply --prune` removes only what was applied from a file of this name, and wants one',
  { form: 'name', default: 'none' },
);

const noRegion = `is no AWS Region, as 'eu-central-1'`;

/** An AWS Region. */
export const region = described(
  text(noRegion).regex(/^[a-z]{2}(-[a-z]+)+-\d+$/, noRegion),
  'AWS Region of the cluster; an ARN has it already',
  { form: 'region' },
);

const noRole = `is no ARN of an IAM role, as 'arn:aws:iam::123456789012:role/ecs-updater'`;
const noExternalId = `is no external id: 2 to 1224 letters, digits and =,.@:/-`;

/** ARN of the role to assume. */
export const roleArn = described(
  text(noRole).regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/, noRole),
  'ARN of the role that worker and commands assume for this cluster',
  { form: 'arn' },
);

/** What the trust policy of the role asks for. Its form is that of the API reference of STS, AssumeRole. */
export const externalId = described(
  text(noExternalId)
    .regex(/^[\w+=,.@:/-]{2,1224}$/, noExternalId)
    .nullable()
    .prefault(null),
  'external id that the trust policy of the role asks for',
  { form: 'text', default: 'none' },
);

/** Temporal alone knows which expressions it takes; these it never does, or we should not. */
const cronFault = (text: string): string | undefined => {
  if (text.length > 200) return 'is longer than 200 characters';
  if (/^(CRON_)?TZ=/.test(text)) return `names a time zone. Give it by timeZone`;
  if (text.includes('#')) return `has a comment. Leave it out`;
  // Temporal makes an interval of it, and forgets what it was made of.
  if (/^@every\b/i.test(text.trim())) return `is an interval. Name the times, as '0 */6 * * *'`;
  const fields = text.trim().split(/\s+/).length;
  return text.startsWith('@') || (fields >= 5 && fields <= 7)
    ? undefined
    : `is no cron expression of five fields, as '0 3 * * 1-5'`;
};

const cronExpression = z
  .string(`is no cron expression, as '0 3 * * 1-5'`)
  .refine((text) => cronFault(text) === undefined, { error: ({ input }) => cronFault(String(input)) });

/** When rollouts start. */
export const cron = described(
  z
    .union(
      [cronExpression, z.array(cronExpression).min(1, 'is empty').max(20, 'has more than 20 entries')],
      `is neither a cron expression, as '0 3 * * 1-5', nor a list of them`,
    )
    .transform((given) => (typeof given === 'string' ? [given] : given)),
  "when rollouts start: one cron expression, as '0 3 * * 1-5', or a list of them",
  { form: 'cron' },
);

const zones: readonly string[] = Intl.supportedValuesOf('timeZone');

/** Temporal's server looks a zone up by its exact name, where Node knows it in any case. */
function zoneFault(name: string): string | undefined {
  const known = `is no IANA time zone, as 'Europe/Berlin'`;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).format();
  } catch {
    const near = closest(name, zones);
    return near === undefined ? known : `${known}. Did you mean ${near}?`;
  }
  const sameName = zones.find((zone) => zone.toLowerCase() === name.toLowerCase());
  if (sameName !== undefined && sameName !== name) return `${known}. Did you mean ${sameName}?`;
  return /^[A-Za-z]/.test(name) ? undefined : known;
}

/** Time zone of the cron expressions. */
export const timeZone = described(
  z
    .string(`is no IANA time zone, as 'Europe/Berlin'`)
    .superRefine((text, context) => {
      const fault = zoneFault(text);
      if (fault !== undefined) context.addIssue(fault);
    })
    .prefault('Etc/UTC'),
  'IANA time zone of the cron expressions',
  { form: 'name' },
);

/** By how much starts are spread. */
export const jitter = described(duration('0s').prefault('0s'), 'put off each start by up to this', {
  form: 'duration',
});

const noAttribute = `is no name of an ECS attribute: letters, digits, '.', '_' and '-', at most 128 long`;

const attribute = text(noAttribute)
  .regex(/^[A-Za-z0-9._-]{1,128}$/, noAttribute)
  .nullable()
  .prefault(null);

/** Attribute that an instance has to have. */
export const optIn = described(
  attribute,
  'update only instances that have this ECS attribute, with any value but false',
  { form: 'attribute', default: 'none' },
);

/** Attribute that keeps an instance out. */
export const optOut = described(
  attribute,
  'leave out instances that have this ECS attribute, with any value but false',
  { form: 'attribute', default: 'none' },
);

const noVariable = `is no name of an environment variable of the worker. The secret itself does not belong here`;

/** The name of a variable of the worker's environment. */
const variable = text(noVariable).regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, noVariable);

const events = described(
  z
    .array(
      z.enum(notificationEvents, `is none of ${notificationEvents.map((event) => `'${event}'`).join(', ')}`),
      'is no list of events',
    )
    .min(1, 'is empty')
    .prefault([...notificationEvents]),
  'what is told there',
  { form: 'list', default: 'all' },
);

const noTopic = `is no ARN of an SNS topic, as 'arn:aws:sns:eu-central-1:123456789012:rollouts'`;

/** Where messages go. */
export const notification = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('sns'),
    topicArn: described(
      text(noTopic).regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]{1,256}$/, noTopic),
      'ARN of the topic',
      { form: 'arn' },
    ),
    events,
  }),
  z.strictObject({
    type: z.literal('slack'),
    urlFromEnv: described(variable, "variable of the worker's environment that has the URL of the webhook", {
      form: 'variable',
    }),
    events,
  }),
  z.strictObject({
    type: z.literal('webhook'),
    urlFromEnv: described(variable, "variable of the worker's environment that has the URL", {
      form: 'variable',
    }),
    secretFromEnv: described(
      variable.exactOptional(),
      "variable of the worker's environment that has the secret by which messages are signed; without it they are not",
      { form: 'variable', default: 'none' },
    ),
    events,
  }),
]) satisfies z.ZodType<NotificationTarget>;
