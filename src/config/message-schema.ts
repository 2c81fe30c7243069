import { z } from 'zod';
import type { WebhookMessage } from '../model/notice-channels.js';
import { notificationEvents } from '../model/notifications.js';

const count = z.int().min(0);
const version = z.string().nullable();

/** What a generic webhook is sent, version 1. Receivers should bear members that are not here. */
export const messageSchema = z.object({
  version: z
    .literal(1)
    .describe('of this schema: another one only where a receiver of this could not bear the change'),
  id: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,256}$/)
    .describe('the same however often the message is sent; also the header webhook-id'),
  type: z.enum([...notificationEvents, 'test']).describe('what happened'),
  timestamp: z.iso.datetime().describe('when it happened'),
  data: z.object({
    cluster: z.object({
      name: z.string().describe('its name in this installation'),
      arn: z.string(),
      region: z.string(),
    }),
    rollout: z
      .object({
        id: z.string().describe('Temporal run id of its first run'),
        workflowId: z
          .string()
          .describe('Temporal workflow of the rollout, or of the instance that the message is about'),
        startedAt: z.iso.datetime().nullable().describe('null: only the workflow of the rollout knows it'),
      })
      .nullable()
      .describe('null: it concerns no rollout'),
    title: z.string().describe('what happened, in a few words'),
    reasons: z.array(z.string()).describe('sentences that say why'),
    counts: z
      .object({
        results: z
          .object({
            updated: count,
            skipped: count,
            'rolled-back': count,
            failed: count,
            gone: count,
            'not-started': count,
          })
          .describe('instances by their result'),
        skipped: z.record(z.string(), count).describe('skipped instances by the code of the reason'),
        queued: count.describe('instances that are to be updated'),
        inFlight: count.describe('instances that are being updated'),
      })
      .nullable()
      .describe('null: the message is about one instance, or none'),
    instances: z
      .array(
        z.object({
          id: z.string().describe('EC2 instance id'),
          state: z
            .string()
            .describe('a result, the code of a skip, or queued, paused, in-flight, held, needs-attention'),
          from: version.describe('version that it ran, where that is known'),
          to: version.describe('version that it was to run, where there is one'),
          reason: z.string().describe('a sentence; may be empty'),
        }),
      )
      .describe('at most 20, those that are not well first; none that was rightly left alone'),
    more: count.describe('how many more there would be'),
    commands: z.array(z.string()).describe('commands to look further'),
    text: z.string().describe('the whole message as plain text'),
  }),
}) satisfies z.ZodType<WebhookMessage>;

/** The same as a JSON Schema, for receivers. */
export const messageJsonSchema = (): z.core.JSONSchema.JSONSchema => ({
  title: 'A message of ecs-updater to a webhook',
  ...z.toJSONSchema(messageSchema, { io: 'input', target: 'draft-7' }),
});
