import { stringify } from 'yaml';
import { settingNotes } from './settings.js';

/** What a new file says; the rest of it are comments. */
export interface NewFile {
  name: string;
  region: string;
  cron: string;
  timeZone: string;
  /** Names or ARNs. */
  clusters: readonly string[];
  /** Where editors find the schema, from the file. */
  schema: string;
}

/** A new file, with every setting in a comment that says what it does and what its default is. */
export function newFile({ name, region, cron, timeZone, clusters, schema }: NewFile): string {
  return `# yaml-language-server: $schema=${schema}
#
# The ECS clusters whose hosts ecs-updater keeps up to date. Try it with: ecs-updater apply --dry-run

# name of this file: apply --prune removes only what was applied from a file of this name
name: ${value(name)}

# what holds for every cluster that says nothing else
defaults:
  region: ${value(region)}
  schedule:
    # one cron expression, or a list of them
    cron: ${value(cron)}
    timeZone: ${value(timeZone)}
    # put off each start by up to this
    # jitter: 30m

  # which instances are updated: all, unless something stands here
  # selection:
  #   # only those that have this ECS attribute, with any value but false
  #   optIn: ecs-updater.enabled
  #   # not those that have this one
  #   optOut: ecs-updater.disabled
  #   # and what expressions of the ECS cluster query language mean
  #   include: attribute:ecs.os-type == linux
  #   exclude: attribute:pool == gpu

  # a role that is assumed, as for clusters in other accounts
  # assumeRole:
  #   roleArn: arn:aws:iam::123456789012:role/ecs-updater
  #   externalId: agreed-by-both-accounts

  # where messages on rollouts go; of a secret, the variable in the worker's environment
  # notifications:
  #   - type: slack
  #     urlFromEnv: SLACK_WEBHOOK_URL
  #     events: [rollout-finished, rollout-stopped, waiting-for-person]

${settings()}
clusters:
${clusters.map((cluster) => `  - cluster: ${value(cluster)}\n`).join('')}  # a cluster may say everything that the defaults say, and have another name than in ECS
  # - cluster: arn:aws:ecs:eu-west-1:123456789012:cluster/prod
  #   name: prod-ireland
  #   maxUnavailable: 10%
`;
}

const value = (text: string): string => stringify(text).trimEnd();

/** What each setting does, and itself with its default. */
const settings = (): string =>
  settingNotes()
    // These two stand under `selection`.
    .filter(({ name }) => name !== 'include' && name !== 'exclude')
    .map(({ name, about, default: said, value }) => {
      const note = said === value ? '' : ` (default: ${said})`;
      return `  # ${about}${note}\n  # ${name}: ${value}\n`;
    })
    .join('');
