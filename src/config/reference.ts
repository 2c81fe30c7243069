import type { z } from 'zod';
import { fieldNotes } from './fields.js';
import {
  cluster,
  clusterName,
  cron,
  externalId,
  fileName,
  jitter,
  notification,
  optIn,
  optOut,
  region,
  roleArn,
  timeZone,
} from './places.js';
import { rolloutFields, selectionFields } from './settings.js';

/** The page of the documentation that has every key of the file. */
export const referencePage =
  (): string => `<!-- Written by \`npm run generate\` from src/config. Do not edit. -->

# Configuration

One file, \`ecs-updater.yaml\` (or \`.json\`, or a [module](library.md#the-configuration-in-code)), says which ECS clusters are kept up to date,
when, and how carefully.

\`\`\`sh
ecs-updater init                  # asks a few questions and writes a commented file
ecs-updater validate              # is the file right? Asks neither Temporal, which reads the cron expressions, nor AWS
ecs-updater apply --dry-run       # what would change
ecs-updater apply                 # makes the Schedules as the file says, after it has shown what changes
ecs-updater apply --prune         # and removes the Schedules of clusters that the file has no more
ecs-updater doctor                # does everything work that a rollout needs?
\`\`\`

\`\`\`yaml
# yaml-language-server: $schema=./ecs-updater.schema.json
name: platform
defaults:
  region: eu-central-1
  schedule:
    cron: 0 3 * * 1-5
    timeZone: Europe/Berlin
    jitter: 30m
  maxUnavailable: 10%
clusters:
  - cluster: prod
    selection:
      optOut: ecs-updater.disabled
  - cluster: arn:aws:ecs:eu-west-1:210987654321:cluster/prod
    name: prod-ireland
    assumeRole:
      roleArn: arn:aws:iam::210987654321:role/ecs-updater
      externalId: k7-rollouts
    schedule:
      cron: ['0 2 * * 6', '0 2 * * 0']
    drainLimit: 40m
    notifications:
      - type: slack
        urlFromEnv: SLACK_WEBHOOK_URL
        events: [rollout-stopped, waiting-for-person]
\`\`\`

A key that is not known, a value that cannot be used, two clusters of one name: each is an error that names file, line, column, field and
value, and nothing is changed (exit code 2). Editors that know the [YAML language server](https://github.com/redhat-developer/yaml-language-server)
complete and check the keys while you type: \`init\` writes the schema beside the file.

**Durations** have their unit: \`90s\`, \`25m\`, \`1.5h\`, \`2d\`. A value that begins with \`*\`, \`@\` or \`%\` has to stand in quotes: \`'*/30 * * * *'\`.

## The file

${table({ name: fileName })}
| \`defaults\` | map | – | what holds for every cluster that says nothing else: every key of a cluster but \`cluster\` and \`name\` |
| \`clusters\` | list | – | the clusters |

What \`apply\` made carries the name of the file. \`apply --prune\` removes a Schedule whose cluster is not in the file only if it was applied
from a file of the same name; one that \`ecs-updater schedule\` made, or a file of another name, is reported and left alone.

## A cluster

A key that a cluster does not have is taken from \`defaults\`, then from the default below. \`schedule\`, \`selection\` and \`assumeRole\` are filled in
key by key; lists are not merged. \`null\` takes back what the defaults say, for \`assumeRole\` and for keys whose default is none.

${table({ cluster, name: clusterName, region })}

### \`schedule\`

${table({ cron, timeZone, jitter })}

Temporal reads the expressions: five fields (minute, hour, day of the month, month, day of the week), or \`@daily\` and its like. A start that
comes while a rollout runs is left out.

### \`selection\`

${table({ optIn, optOut, ...selectionFields })}

An instance is updated if it has the attribute of \`optIn\` and \`include\` means it, and neither \`optOut\` nor \`exclude\` does. Attributes are those
of ECS (\`aws ecs put-attributes\`). The [language](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html) of the expressions
is that of ECS: \`attribute:pool == web and agentVersion >= 1.80.0\`.

### \`assumeRole\`

${table({ roleArn, externalId })}

Worker and commands assume it with their own credentials, under the session name \`ecs-updater\`.

### \`notifications\`

A list of targets. The secret of a target never stands in the file: it names a variable in the environment of the worker.
What is sent, when, and how to try it: [notifications.md](notifications.md).

${notificationTable()}

### Limits and budgets

${settingsTable()}

\`maxUnavailable\` and \`failureBudget\` take a number, a percentage or \`unlimited\`; \`unlimited\` still leaves one instance in service.

## Two installations on one cluster

What an installation drains it marks with its name, \`installation\`, which is that of the Temporal namespace unless you say otherwise. It takes what bears its name for its own, and
gives it back. **Two that have the same name would give back what the other has in hand**: where two Temporal servers look after one ECS cluster, and both have the namespace
\`default\`, give one of them another \`installation\`. In one namespace, a second Schedule for an ECS cluster is refused.

## Not in the file

Where Temporal is, TLS, API key and the keys of encryption are the environment's: [temporal.md](temporal.md). So are \`ECS_UPDATER_OPERATOR\`
([who gives orders](operations.md#steering)), and what flags of \`ecs-updater worker\` say, too: \`ECS_UPDATER_METRICS_PORT\`,
\`ECS_UPDATER_METRICS_INTERVAL\`, \`ECS_UPDATER_HEALTH_PORT\`, \`ECS_UPDATER_LOG_LEVEL\`.
`;

interface Described {
  description?: string | undefined;
  def: object;
}

/** Rows of Markdown, one for each field, under their heads. */
function table(fields: Record<string, Described & z.ZodType>): string {
  const rows = Object.entries(fields).map(([name, field]) => {
    const note = fieldNotes.get(field);
    return row([`\`${name}\``, note?.form ?? '', note?.default ?? defaultOf(field), field.description ?? '']);
  });
  return [row(['key', 'value', 'default', 'what it says']), row(['---', '---', '---', '---']), ...rows].join(
    '\n',
  );
}

function settingsTable(): string {
  const rows = Object.entries(rolloutFields).map(([name, field]) => {
    const note = fieldNotes.get(field);
    const flag = `\`--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}\``;
    return row([
      `\`${name}\``,
      flag,
      note?.form ?? '',
      note?.default ?? defaultOf(field),
      field.description ?? '',
    ]);
  });
  return [
    row(['key', 'flag of `schedule`', 'value', 'default', 'what it says']),
    row(Array(5).fill('---')),
    ...rows,
  ].join('\n');
}

function notificationTable(): string {
  const rows = notification.options.flatMap(({ shape }) => {
    const { type, ...fields } = shape;
    return Object.entries(fields).map(([name, field]) =>
      row([
        `\`${[...type.values].join()}\``,
        `\`${name}\``,
        fieldNotes.get(field)?.form ?? '',
        field.description ?? '',
      ]),
    );
  });
  return [row(['type', 'key', 'value', 'what it says']), row(Array(4).fill('---')), ...rows].join('\n');
}

const defaultOf = ({ def }: Described): string =>
  'defaultValue' in def ? `\`${String(def.defaultValue)}\`` : '**needed**';

const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
