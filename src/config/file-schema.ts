import { z } from 'zod';
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

const noMap = 'is no map of settings';
const noList = 'is no list';

const selection = z.strictObject({ optIn, optOut, ...selectionFields }, noMap);
const notifications = z.array(notification, noList);

/** What stands under `defaults`, and may stand in each entry of `clusters`: everything can be left out, and come from the other. */
const shared = {
  region: region.optional(),
  assumeRole: z.strictObject({ roleArn: roleArn.optional(), externalId }, noMap).nullish().meta({
    description: 'role that is assumed for the cluster; null: none, although the defaults have one',
  }),
  schedule: z
    .strictObject({ cron: cron.optional(), timeZone, jitter }, noMap)
    .nullish()
    .meta({ description: 'when rollouts start' }),
  selection: selection.nullish().meta({ description: 'which instances are updated' }),
  notifications: notifications
    .nullish()
    .meta({ description: 'where messages on rollouts go; a list replaces that of the defaults' }),
  ...rolloutFields,
};

/** The file, as it is written: what is missing in an entry comes from `defaults`, then from the defaults of the product. */
export const fileSchema = z.strictObject(
  {
    $schema: z.string().optional().meta({ description: 'schema for editors, in a JSON file' }),
    name: fileName.optional(),
    defaults: z
      .strictObject(shared, noMap)
      .nullish()
      .meta({ description: 'what holds for every cluster that says nothing else' }),
    clusters: z
      .array(z.strictObject({ cluster, name: clusterName.optional(), ...shared }, noMap), noList)
      .min(1, 'is empty')
      .meta({ description: 'the clusters that are kept up to date' }),
  },
  noMap,
);

/** A cluster once the defaults are filled in. */
export const clusterSchema = z.strictObject({
  cluster,
  name: clusterName,
  region,
  assumeRole: z.strictObject({ roleArn, externalId }).nullable().prefault(null),
  schedule: z.strictObject({ cron, timeZone, jitter }),
  selection: selection.prefault({}),
  notifications: notifications.prefault([]),
  ...rolloutFields,
});

/** The JSON Schema of the file. */
export type FileJsonSchema = z.core.JSONSchema.JSONSchema;

/** The file's schema for editors; they know this draft best. */
export const fileJsonSchema = (): FileJsonSchema => ({
  title: 'ecs-updater.yaml',
  ...z.toJSONSchema(fileSchema, { io: 'input', target: 'draft-7' }),
});
